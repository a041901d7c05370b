"""Muon: momentum with an orthogonalised update, for the weight matrices of the blocks."""

import math

import torch

STEPS = 5
A, B, C = 3.4445, -4.7750, 2.0315  # quintic Newton-Schulz, coefficients of Keller Jordan's Muon
SCALE = 0.2  # update of the size that Adam's has


@torch.no_grad()
def orthogonalise(x):
    """[n, rows, columns] -> matrices of the same singular vectors, singular values near 1."""
    tall = x.shape[1] > x.shape[2]
    x = x.transpose(1, 2) if tall else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-8)
    for _ in range(STEPS):
        gram = torch.bmm(x, x.transpose(1, 2))
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=B, alpha=C), x, beta=A)
    return x.transpose(1, 2) if tall else x


class Muon:
    """Matrices of one shape are updated together, those of each shape by one of the processes; dtype: of the Newton-Schulz
    steps."""

    def __init__(self, parameters, dtype, ranks, momentum=0.95, decay=0.02):
        self.momentum, self.decay, self.dtype, self.ranks = momentum, decay, dtype, ranks
        self.groups = {}
        for parameter in parameters:
            self.groups.setdefault(tuple(parameter.shape), []).append(parameter)
        self.buffers = {shape: torch.zeros(len(g), *shape, device=g[0].device) for shape, g in self.groups.items()}

    @torch.no_grad()
    def step(self, rate):
        updates = {}
        for part, (shape, group) in enumerate(self.groups.items()):
            gradient = torch.stack([p.grad for p in group])
            buffer = self.buffers[shape].lerp_(gradient, 1 - self.momentum)
            updates[shape] = gradient.lerp(buffer, self.momentum).to(self.dtype)
            if self.ranks.owns(part):
                updates[shape] = orthogonalise(updates[shape])
        for part, (shape, group) in enumerate(self.groups.items()):
            self.ranks.hand_round(updates[shape], part)
            for parameter, change in zip(group, updates[shape].float() * (SCALE * math.sqrt(max(shape)))):
                parameter.mul_(1 - rate * self.decay).sub_(change, alpha=rate)

    def state_dict(self):
        return self.buffers

    def load_state_dict(self, buffers):
        for shape, buffer in buffers.items():
            self.buffers[shape].copy_(buffer)
