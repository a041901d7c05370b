"""Processes that train one model together (`torchrun --nproc-per-node N train.py ...`): each has its own batches, gradients are
averaged, so that all hold the same weights. On two CPU cores two processes hear 1.5 times as much as one with two threads."""

import os

import torch
import torch.distributed as dist


class Ranks:
    """rank: number of this process; size: of all. One process alone needs no torchrun."""

    def __init__(self):
        self.rank, self.size = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        if self.size > 1:
            dist.init_process_group("gloo")

    def average(self, tensors):
        """Every tensor becomes its mean over the processes."""
        if self.size == 1:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        dist.all_reduce(flat)
        flat /= self.size
        for tensor, mean in zip(tensors, flat.split([tensor.numel() for tensor in tensors])):
            tensor.copy_(mean.view_as(tensor))

    def means(self, values):
        """The means over the processes of some numbers."""
        tensor = torch.tensor(values, dtype=torch.float64)
        self.average([tensor])
        return tensor.tolist()

    def owns(self, part):
        """Is this part of a shared-out work this process's?"""
        return part % self.size == self.rank

    def hand_round(self, tensor, part):
        """The tensor becomes that of the process that owns the part."""
        if self.size > 1:
            dist.broadcast(tensor, part % self.size)
