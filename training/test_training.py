"""python -m unittest test_training: what must hold whatever is trained; seconds, without any data."""

import random
import unittest

import numpy as np
import torch
import whisper
from whisper.model import ModelDimensions, Whisper

import align
import numbers_en
import phrases
import pieces
import texts
import windows
from augment import end_with_zeros, mask_mels
from clips import Clip
from common import RATE
from frontend import Frontend
from model import Mini, Shape, openai_state, token_losses
from optimiser import orthogonalise

SMALL = Shape(width=128, encoder_layers=1, decoder_layers=2)


class FrontEnd(unittest.TestCase):
    def test_equals_whisper(self):
        wave = torch.randn(2 * RATE, generator=torch.Generator().manual_seed(1)) * 0.1
        wanted = whisper.log_mel_spectrogram(wave)
        got = Frontend("cpu")(wave[None])[0]
        self.assertEqual(got.shape, wanted.shape)
        self.assertLess((got - wanted).abs().max().item(), 1e-4)  # float32 logs of sums of 201 products

    def test_masks_leave_what_is_not_chosen(self):
        mel = torch.randn(4, 80, 300)
        torch.testing.assert_close(mask_mels(mel, torch.full((4,), 300.0), 0.0), mel)


    def test_zeros_follow_the_end(self):
        mel = torch.full((2, 80, 10), -1.0)
        ended = end_with_zeros(mel, torch.tensor([4.5, 10.0]), share=1.0)
        self.assertEqual(ended[0].sum(1).tolist(), [-5.0] * 80)
        torch.testing.assert_close(ended[1], mel[1])
        torch.testing.assert_close(end_with_zeros(mel, torch.tensor([4.5, 10.0]), share=0.0), mel)


class Model(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(2)
        self.model = Mini(SMALL).eval()

    def test_exported_state_gives_the_same_logits(self):
        reference = Whisper(ModelDimensions(**SMALL.dims())).eval()
        missing = reference.load_state_dict(openai_state(self.model), strict=False)
        self.assertEqual([name for name in missing.missing_keys if "mask" not in name], [])
        self.assertEqual(missing.unexpected_keys, [])
        mel = torch.randn(1, 80, 3000)
        tokens = [pieces.SOT, pieces.NO_TIMESTAMPS, 5, 300, 2047, pieces.FIRST_STAMP + 7]
        with torch.no_grad():
            wanted = reference(mel, torch.tensor([tokens]))
            rows = torch.tensor([[pieces.row(token) for token in tokens]])
            _, hidden, _, table = self.model(mel, torch.zeros(1, dtype=torch.long), rows)
            got = hidden @ table.t()
        ids = [*pieces.TRAINED, *range(pieces.FIRST_STAMP, pieces.FIRST_STAMP + pieces.STAMPS)]
        # float32 over a few hundred products a layer; kernels of attention differ
        self.assertLess((got[0] - wanted[0, :, ids]).abs().max().item(), 1e-3)

    def test_loss_counts_the_zero_rows(self):
        hidden = torch.randn(3, SMALL.width)
        table = self.model.decoder.table().detach()
        full = openai_state(self.model)["decoder.token_embedding.weight"]
        tokens = [7, pieces.EOT, pieces.FIRST_STAMP + 3]
        wanted = torch.nn.functional.cross_entropy(hidden @ full.t(), torch.tensor(tokens), reduction="none")
        got, _ = token_losses(hidden, torch.tensor([pieces.row(token) for token in tokens]), table)
        torch.testing.assert_close(got, wanted, atol=1e-4, rtol=1e-4)

    def test_muon_flattens_singular_values(self):
        values = torch.linalg.svdvals(orthogonalise(torch.randn(2, 64, 256)))
        self.assertGreater(values.min().item(), 0.6)  # the quintic's range is about 0.7 to 1.2
        self.assertLess(values.max().item(), 1.3)


class Alignment(unittest.TestCase):
    def test_finds_the_frames_of_letters(self):
        labels = pieces.letters_of("at")
        scores = np.full((12, pieces.CTC_CLASSES), -9.0, np.float32)
        scores[:, pieces.BLANK] = -1.0
        scores[3:5, labels[0]] = scores[8, labels[1]] = -0.1
        first, last = align.viterbi(scores, np.asarray(labels))
        self.assertEqual((first.tolist(), last.tolist()), ([3, 8], [4, 8]))

    def test_no_path_is_told(self):
        first, _ = align.viterbi(np.zeros((2, pieces.CTC_CLASSES), np.float32), np.asarray(pieces.letters_of("long")))
        self.assertTrue((first < 0).any())


class Texts(unittest.TestCase):
    def test_numbers(self):
        self.assertEqual(numbers_en.cardinal(21305), "twenty-one thousand three hundred and five")
        self.assertEqual(numbers_en.ordinal(31), "thirty-first")
        self.assertEqual(numbers_en.year(1905), "nineteen oh five")

    def test_clean(self):
        self.assertEqual(texts.clean('"Well," he said; "it is -- late."'), "Well, he said, it is, late.")

    def test_filter_refuses_shared_runs(self):
        keep = texts.Filter(["one two three four five six"], 6)
        self.assertFalse(keep("zero one two three four five six"))
        self.assertTrue(keep("one two three four five seven"))

    def test_phrases_fill_all_slots(self):
        rng = random.Random(3)
        for _ in range(500):
            written, spoken = phrases.generate(rng)
            self.assertRegex(written, texts.WRITTEN)
            self.assertNotRegex(spoken, r"[\[\]{}|0-9$%]")


class Windows(unittest.TestCase):
    def test_targets_follow_inputs(self):
        clip = Clip("v", np.ones(RATE, np.int16), 1600, 14400, pieces.encode("A small house."), pieces.letters_of("a small house"))
        joined = windows.join([clip, clip], [0.1, 0.3], 10 * RATE)
        example = windows.write(joined, timestamps=True, prompt=[5, 6])
        self.assertEqual(len(example.inputs), len(example.targets))
        self.assertEqual(len(example.guide), len(example.targets))
        self.assertEqual(example.targets[:3], [pieces.IGNORED] * 3)
        self.assertEqual(example.targets[3:-1], example.inputs[4:])
        self.assertEqual(example.targets[-1], pieces.EOT)


if __name__ == "__main__":
    unittest.main()
