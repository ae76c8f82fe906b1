# exercise: predict_and_visualize
def predict_and_visualize(model, image, score_threshold=0.7):
    """Maps with their first row below, drawn before the picture, which is the transparent one."""
    kept = predict(model, image, score_threshold)
    heat = cross_attention_maps(model, image)[-1]
    high, wide = image.shape[1:]
    figure, axes = draw.image_grid(1, 1 + len(kept["boxes"]), cell=128)
    draw.visualize(image, kept, ax=axes[0])
    for ax, query in zip(axes[1:], kept["query_indices"]):
        whole = (-0.5, wide - 0.5, -0.5, high - 0.5)
        ax.imshow(heat[query], origin="lower", extent=whole, cmap="viridis")
        ax.imshow(image.numpy().transpose(1, 2, 0), alpha=0.5)
        ax.set_title(f"query {int(query)}")
    return figure
