"""train.py: trains mini.en from WORK/synth.*, WORK/recorded.* (and WORK/cuts.json) -> WORK/state.pt.

One call is one stretch of --minutes with its own curriculum and learning rate. --resume goes on from a state: in the same
--stretch at the minute where it was, in another one from that stretch's beginning. SIGTERM ends a stretch early with
its state saved. The same on a CPU and on a GPU: --device, --precision, --batch-seconds, --workers.
"""

import argparse
import math
import os
import signal
import time
from dataclasses import asdict, dataclass, replace

import torch

from augment import end_with_zeros, mask_mels
from batches import Batches, Curriculum
from clips import Clips
from common import add_folders
from frontend import Frontend
from model import Mini, Shape, is_matrix
from objective import losses
from optimiser import Muon
from ranks import Ranks

WARM_UP = 120  # steps of optimisers without a past
LOG_EVERY = 50  # steps
SAVE_EVERY = 8  # minutes
SHOWN = ("ce", "ctc", "guide", "right")


@dataclass(frozen=True)
class Schedule:
    """Learning rate as a share of the peak: constant, then linear to `end` at the end of the stretch."""

    hold: float
    end: float

    def share(self, progress, steps):
        falling = max(0.0, (progress - self.hold) / max(1e-9, 1 - self.hold))
        return min(1.0, steps / WARM_UP) * (1 - min(1.0, falling) * (1 - self.end))


@dataclass
class Clock:
    """Time of a stretch in minutes; audio: seconds seen; done: minutes of all stretches; ctc: running CTC loss."""

    stretch: int
    elapsed: float = 0.0
    done: float = 0.0
    step: int = 0
    audio: float = 0.0
    ctc: float = 10.0


class Trainer:
    def __init__(self, args):
        self.args, self.device, self.ranks = args, torch.device(args.device), Ranks()
        self.model = Mini(Shape(args.width, *args.layers)).to(self.device)
        self.frontend, self.clock = Frontend(self.device), Clock(args.stretch)
        self.half = torch.bfloat16 if args.precision == "bf16" else torch.float32
        named = list(self.model.named_parameters())
        self.rest = [p for name, p in named if not is_matrix(name, p)]
        self.muon = Muon([p for name, p in named if is_matrix(name, p)], self.half, self.ranks)
        self.adam = torch.optim.AdamW(self.rest, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
        self.schedule, self.warm = Schedule(args.hold, args.end), 0

    def resume(self, path):
        state = torch.load(path, map_location=self.device, weights_only=True)
        if state["shape"] != asdict(self.model.shape):
            raise SystemExit(f"{path} has the shape {state['shape']}: give --width and --layers to match.")
        self.model.load_state_dict(state["model"])
        if "adam" in state:
            self.adam.load_state_dict(state["adam"])
            self.muon.load_state_dict(state["muon"])
            self.warm = WARM_UP
        clock = Clock(**state["clock"])
        same = clock.stretch == self.args.stretch
        self.clock = clock if same else replace(clock, stretch=self.args.stretch, elapsed=0.0)

    def save(self, path):
        if self.ranks.rank > 0:
            return
        state = {
            "model": self.model.state_dict(),
            "shape": asdict(self.model.shape),
            "adam": self.adam.state_dict(),
            "muon": self.muon.state_dict(),
            "clock": asdict(self.clock),
        }
        torch.save(state, path + ".part")
        os.replace(path + ".part", path)

    def say(self, what):
        if self.ranks.rank == 0:
            print(what, flush=True)

    def share(self, progress):
        """Learning rate of now, of the peak."""
        return self.schedule.share(progress, self.warm)

    def step(self, batch, progress, token_noise):
        """One update; -> the losses, means over the processes; None where they are not finite."""
        batch = batch.to(self.device)
        mel = mask_mels(self.frontend(batch.waves, batch.warp, batch.equaliser), batch.frames, self.args.augment)
        mel = end_with_zeros(mel, batch.frames)
        with torch.autocast(self.device.type, self.half, enabled=self.half != torch.float32):
            out = losses(self.model, batch, mel, token_noise, self.clock.ctc)
        values = self.ranks.means([float(out[name].detach()) for name in SHOWN])
        if not all(map(math.isfinite, values)):
            return None
        for parameter in self.model.parameters():
            parameter.grad = None
        out["loss"].backward()
        self.ranks.average([p.grad for p in self.model.parameters()])
        torch.nn.utils.clip_grad_norm_(self.rest, 1.0)
        self.warm += 1
        share = self.share(progress)
        for group in self.adam.param_groups:
            group["lr"] = self.args.adam_lr * share
        self.adam.step()
        self.muon.step(self.args.lr * share)
        return dict(zip(SHOWN, values))


class Log:
    """Collects the values of LOG_EVERY steps, and prints their means."""

    def __init__(self):
        self.rows, self.began, self.audio, self.waited = [], time.monotonic(), 0.0, 0.0

    def add(self, values, seconds, waited):
        self.rows.append(values)
        self.audio += seconds
        self.waited += waited

    def line(self, clock, stage, share):
        took = time.monotonic() - self.began
        means = "  ".join(f"{name} {sum(row[name] for row in self.rows) / len(self.rows):.3f}" for name in SHOWN)
        return (
            f"{clock.elapsed:7.2f} min  step {clock.step}  {stage}  {means}  lr {share:.2f}  "
            f"heard {clock.audio / 3600:.1f} h  {self.audio / took:.0f}x realtime  data {self.waited / took:.2f}"
        )


def run(trainer, args):
    """Steps until the stretch's minutes are over or a signal comes."""
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    clips, clock, ranks = Clips(args.work), trainer.clock, trainer.ranks
    trainer.say({name: f"{hours:.2f} h" for name, hours in clips.hours().items()})
    torch.manual_seed(clock.step * ranks.size + ranks.rank)  # other batches in every process, and after every resume
    progress, curriculum = torch.zeros(1).share_memory_(), Curriculum(args.easy, args.windows)
    batches = Batches(clips, curriculum, progress, args.batch_seconds, args.augment)
    loader = iter(torch.utils.data.DataLoader(batches, batch_size=None, num_workers=args.workers))
    begun, saved, log = time.monotonic(), time.monotonic(), Log()
    before, total = clock.elapsed, clock.done
    stopped = 0.0
    while clock.elapsed < args.minutes and stopped == 0:
        progress[0] = clock.elapsed / args.minutes
        stage, asked = curriculum.stage(float(progress[0])), time.monotonic()
        batch = next(loader)
        waited = time.monotonic() - asked
        values = trainer.step(batch, float(progress[0]), stage.token_noise)
        if values is None:
            trainer.say("the loss is not finite: batch left out")
            continue
        elapsed = before + (time.monotonic() - begun) / 60
        clock.elapsed, heard, stopped = ranks.means([elapsed, batch.seconds() * ranks.size, float(len(stop))])
        clock.step, clock.audio = clock.step + 1, clock.audio + heard
        clock.done = total + clock.elapsed - before
        clock.ctc += 0.02 * (values["ctc"] - clock.ctc)
        log.add(values, heard, waited)
        if len(log.rows) == LOG_EVERY:
            trainer.say(log.line(clock, stage.name, trainer.share(float(progress[0]))))
            log = Log()
        if time.monotonic() - saved > SAVE_EVERY * 60:
            trainer.save(args.state)
            saved = time.monotonic()
    trainer.save(args.state)
    trainer.say(
        f"stretch {clock.stretch}: {clock.elapsed:.1f} min; in all {clock.done:.1f} min, {clock.audio / 3600:.1f} h heard"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_folders(parser)
    parser.add_argument("--state", help="file of the state (default: WORK/state.pt)")
    parser.add_argument("--resume", help="state to go on from")
    parser.add_argument("--stretch", type=int, default=1)
    parser.add_argument("--minutes", type=float, required=True, help="of this stretch")
    parser.add_argument("--easy", type=float, default=0.4, help="progress until which clips come alone")
    parser.add_argument("--windows", type=float, default=0.67, help="progress from which on windows come")
    parser.add_argument("--lr", type=float, default=4e-3, help="peak learning rate of Muon")
    parser.add_argument("--adam-lr", type=float, default=2e-3)
    parser.add_argument("--hold", type=float, default=0.25, help="progress until which the learning rate is the peak")
    parser.add_argument("--end", type=float, default=0.0, help="share of the peak at the end of the stretch")
    parser.add_argument("--augment", type=float, default=1.0, help="factor on the chances of augmentation")
    parser.add_argument("--batch-seconds", type=float, default=130)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32", help="bf16: autocast")
    parser.add_argument("--workers", type=int, default=0, help="processes that prepare batches; 0: in this one")
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, nargs=2, default=(4, 3), help="encoder and decoder")
    args = parser.parse_args()
    args.state = args.state or os.path.join(args.work, "state.pt")
    trainer = Trainer(args)
    if args.resume:
        trainer.resume(args.resume)
    run(trainer, args)


if __name__ == "__main__":
    main()
