"""The loss of one batch: cross entropy of the tokens, CTC of the letters, and cross-attention heads guided by time."""

import torch
import torch.nn.functional as F

from align import FRAME_SECONDS, sharpen
from batches import noisy_inputs
from model import token_losses
from pieces import BLANK, IGNORED

CTC_WEIGHT, GUIDE_WEIGHT = 0.8, 0.3
SHARP_BELOW = 1.5  # CTC loss a letter from which on the alignment is better than times by character count


def ctc_loss(scores, batch):
    """Nats a letter; scores [B, frames, classes]."""
    frames = torch.full_like(batch.letter_counts, scores.shape[1])
    losses = F.ctc_loss(
        scores.transpose(0, 1),
        batch.letters,
        frames,
        batch.letter_counts,
        blank=BLANK,
        reduction="none",
        zero_infinity=True,
    )
    return losses.sum() / batch.letter_counts.sum().clamp(min=1)


def guide_loss(looks, guide):
    """Mean -log of the attention that the guided heads give to the time of the target within its tolerance."""
    frames = (torch.arange(looks[0].shape[-1], device=guide.device) + 0.5) * FRAME_SECONDS
    near = ((frames - guide[..., :1]).abs() <= guide[..., 1:]) & (guide[..., 1:] > 0)
    used = near.any(-1)
    if not used.any():
        return guide.new_zeros(())
    near = near[used][:, None]
    inside = [torch.logsumexp(look.transpose(1, 2)[used].masked_fill(~near, -1e4), -1) for look in looks]
    return -torch.stack(inside).mean()


def sharp_guide(scores, batch):
    """Guide with the times that the CTC head finds."""
    guide = batch.guide.cpu()
    labels = [line[:count].tolist() for line, count in zip(batch.letters.cpu(), batch.letter_counts.cpu())]
    sharpen(guide.numpy(), batch.targets.cpu().tolist(), labels, scores.detach().float().cpu().numpy())
    return guide.to(batch.guide.device)


def losses(model, batch, mel, token_noise, ctc_average):
    """-> {"loss": to minimise, "ce": nats a token, "ctc": nats a letter, "guide", "right": share of right tokens}."""
    inputs = noisy_inputs(batch.inputs, batch.targets, token_noise)
    scores, hidden, looks, table = model(mel, batch.offsets, inputs)
    keep = batch.targets != IGNORED
    entropy, right = token_losses(hidden[keep], batch.targets[keep], table)
    guide = sharp_guide(scores, batch) if ctc_average < SHARP_BELOW else batch.guide
    out = {"ce": entropy.mean(), "ctc": ctc_loss(scores, batch), "guide": guide_loss(looks, guide)}
    out["loss"] = out["ce"] + CTC_WEIGHT * out["ctc"] + GUIDE_WEIGHT * out["guide"]
    out["right"] = right.float().mean()
    return out
