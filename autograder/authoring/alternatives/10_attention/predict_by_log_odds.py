# exercise: predict
@torch.no_grad()
def predict(model, image, score_threshold=0.7):
    """Softmax by hand in double precision; the kept queries by a mask, best first."""
    mode = model.training
    output = model.eval()(image.unsqueeze(0))
    model.train(mode)

    logits = output["pred_logits"].squeeze(0).double()
    exps = torch.exp(logits - logits.max(dim=1, keepdim=True).values)
    probs = (exps / exps.sum(dim=1, keepdim=True)).float()
    best, real = probs[:, -1], probs[:, :-1]
    scores, labels = real.max(dim=1)
    mask = torch.logical_and(scores > best, scores >= score_threshold)
    numbers = torch.arange(len(mask), device=mask.device)[mask]
    order = scores[mask].argsort(descending=True)
    return {
        "query_indices": numbers[order],
        "scores": scores[mask][order],
        "classes": labels[mask][order],
        "boxes": output["pred_boxes"].squeeze(0)[mask][order],
    }
