// Decoding of sequences by the best class of each step (OpenVINO CTCGreedyDecoder-1, CTCGreedyDecoderSeqLen-6).
// This is for CPUs; ctc_blocks.hpp is for GPUs.
#pragma once

#include "launch.hpp"

namespace arhat {

// Scores of `classes` classes lie together; strides, in elements, of images and steps. The decoded classes are
// [images][steps], -1 behind the last.
struct CtcParams {
  int64_t images, steps, classes, image, step;
  int64_t blank;
  bool merge_repeated;
};

inline namespace ARHAT_ISA {

#ifndef __CUDACC__

// The classes of the first `length` steps of one image; returns how many.
template <class T, class O>
int64_t ctc_decode(const CtcParams& p, int64_t length, const T* x, O* y) {
  int64_t count = 0, previous = -1;
  for (int64_t t = 0; t < length; ++t) {
    const T* scores = x + t * p.step;
    int64_t best = 0;
    for (int64_t c = 1; c < p.classes; ++c) best = scores[best] < scores[c] ? c : best;
    if (best != p.blank && !(p.merge_repeated && best == previous)) y[count++] = static_cast<O>(best);
    previous = best;
  }
  for (int64_t i = count; i < p.steps; ++i) y[i] = O(-1);
  return count;
}

// Index: image. The mask is [steps][images]: a sequence ends at its first 0.
template <class T>
struct CtcMasked {
  CtcParams p;
  const T* x;
  const T* mask;
  T* y;

  void operator()(int64_t n) const {
    int64_t length = 0;
    while (length < p.steps && mask[length * p.images + n] != T(0)) ++length;
    ctc_decode(p, length, x + n * p.image, y + n * p.steps);
  }
};

template <class T>
void ctc_greedy_decoder(Context context, const CtcParams& p, const T* x, const T* mask, T* y) {
  launch(context, p.images, CtcMasked<T>{p, x, mask, y}, 1 + (1 << 12) / (1 + p.steps * p.classes));
}

// Index: image.
template <class T, class I, class O, class C>
struct CtcOfLength {
  CtcParams p;
  const T* x;
  const I* lengths;
  O* y;
  C* counts;

  void operator()(int64_t n) const {
    const int64_t length = smaller(static_cast<int64_t>(lengths[n]), p.steps);
    counts[n] = static_cast<C>(ctc_decode(p, length, x + n * p.image, y + n * p.steps));
  }
};

template <class T, class I, class O, class C>
void ctc_greedy_decoder_seq_len(Context context, const CtcParams& p, const T* x, const I* lengths, O* y, C* counts) {
  launch(context, p.images, CtcOfLength<T, I, O, C>{p, x, lengths, y, counts}, 1 + (1 << 12) / (1 + p.steps * p.classes));
}

#endif

}  // namespace ARHAT_ISA
}  // namespace arhat
