# exercise: predict_and_visualize
def predict_and_visualize(model: nn.Module, image: Tensor, score_threshold: float = 0.7):
    """One row; the box of each query in its own panel too; extent from pixel 0; a title over all."""
    found = predict(model, image, score_threshold)
    weights = cross_attention_maps(model, image)
    count = len(found["scores"])
    figure = draw.new_figure(2.5 * (count + 1), 3)
    panels = figure.subplots(1, count + 1, squeeze=False)[0]
    draw.visualize(image, found, panels[0])
    for row in range(count):
        query = int(found["query_indices"][row])
        one = {name: values[row : row + 1] for name, values in found.items()}
        draw.visualize(image, one, panels[row + 1], title=f"slot {query}")
        extent = [0, image.shape[2], image.shape[1], 0]
        panels[row + 1].imshow(weights[-1, query], extent=extent, alpha=0.5, interpolation="bilinear")
    figure.suptitle("who looks where")
    return figure
