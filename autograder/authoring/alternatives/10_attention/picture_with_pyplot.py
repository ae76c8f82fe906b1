# exercise: predict_and_visualize
import math


def predict_and_visualize(model, image, score_threshold=0.7):
    """Pyplot, a grid that is nearly square, boxes drawn by hand, maps upsampled to pixels."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import patches
    from matplotlib import pyplot as plt

    result = predict(model, image, score_threshold=score_threshold)
    attention = cross_attention_maps(model, image)[-1][result["query_indices"]]
    _, h, w = image.shape
    side = math.ceil(math.sqrt(len(attention) + 1))
    fig, axes = plt.subplots(side, side, squeeze=False)
    pixels = image.permute(1, 2, 0).numpy()
    axes[0, 0].imshow(pixels)
    for cx, cy, bw, bh in result["boxes"].tolist():
        corner = ((cx - bw / 2) * w, (cy - bh / 2) * h)
        axes[0, 0].add_patch(patches.Rectangle(corner, bw * w, bh * h, fill=False, color="red"))
    for ax, heat in zip(axes.flat[1:], attention):
        big = nn.functional.interpolate(heat[None, None], size=(h, w), mode="nearest-exact")[0, 0]
        ax.imshow(pixels)
        ax.imshow(big / big.max(), alpha=0.5)
        fig.colorbar(ax.images[-1], ax=ax)
    plt.close(fig)
    return fig
