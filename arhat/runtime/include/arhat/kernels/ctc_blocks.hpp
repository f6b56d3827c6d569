// Decoding of sequences for a GPU; the same results as ctc.hpp gives.
#pragma once

#include "blocks.hpp"
#include "ctc.hpp"

namespace arhat {
inline namespace ARHAT_ISA {

// Index: image, the work of a block: as many steps as there are threads at a time. `Length`(image) is how many steps
// count; `counts` may be null.
template <class T, class O, class C, class Length>
struct CtcBlock {
  static constexpr int threads = 256;
  struct Shared {
    int64_t best[threads];
    int partial[threads];
  };
  CtcParams p;
  const T* x;
  Length length_of;
  O* y;
  C* counts;

  template <class B>
  ARHAT_HD void operator()(const B& block, int64_t image, Shared& s) const {
    const int64_t length = length_of(image);
    const T* from = x + image * p.image;
    O* to = y + image * p.steps;
    int64_t count = 0, last = -1;  // the class before those that the threads look at
    for (int64_t first = 0; first < length; first += block.threads()) {
      const int t = block.thread();
      const int here = static_cast<int>(smaller<int64_t>(block.threads(), length - first));
      int64_t best = p.blank;
      if (t < here) {
        const T* scores = from + (first + t) * p.step;
        best = 0;
        for (int64_t c = 1; c < p.classes; ++c) best = scores[best] < scores[c] ? c : best;
      }
      s.best[t] = best;
      block.sync();
      const int64_t previous = t > 0 ? s.best[t - 1] : last;
      const bool keep = t < here && best != p.blank && !(p.merge_repeated && best == previous);
      last = s.best[here - 1];
      const BlockScan<int> scan = block_scan(block, keep ? 1 : 0, 0, s.partial, Plus{});
      if (keep) to[count + scan.before] = static_cast<O>(best);
      count += scan.all;
    }
    for (int64_t i = count + block.thread(); i < p.steps; i += block.threads()) to[i] = O(-1);
    if (counts != nullptr && block.thread() == 0) counts[image] = static_cast<C>(count);
  }
};

// A sequence ends at the first 0 of its mask [steps][images].
template <class T>
struct CtcMaskLength {
  CtcParams p;
  const T* mask;
  ARHAT_HD int64_t operator()(int64_t image) const {
    int64_t length = 0;
    while (length < p.steps && mask[length * p.images + image] != T(0)) ++length;
    return length;
  }
};

template <class I>
struct CtcGivenLength {
  CtcParams p;
  const I* lengths;
  ARHAT_HD int64_t operator()(int64_t image) const {
    return smaller(static_cast<int64_t>(lengths[image]), p.steps);
  }
};

template <class T>
void ctc_greedy_decoder_blocks(Context context, const CtcParams& p, const T* x, const T* mask, T* y) {
  T* const counts = nullptr;
  launch_blocks(context, p.images, CtcBlock<T, T, T, CtcMaskLength<T>>{p, x, {p, mask}, y, counts});
}

template <class T, class I, class O, class C>
void ctc_greedy_decoder_seq_len_blocks(Context context, const CtcParams& p, const T* x, const I* lengths, O* y,
                                       C* counts) {
  launch_blocks(context, p.images, CtcBlock<T, O, C, CtcGivenLength<I>>{p, x, {p, lengths}, y, counts});
}

#ifdef __CUDACC__

template <class T>
void ctc_greedy_decoder(Context context, const CtcParams& p, const T* x, const T* mask, T* y) {
  ctc_greedy_decoder_blocks(context, p, x, mask, y);
}

template <class T, class I, class O, class C>
void ctc_greedy_decoder_seq_len(Context context, const CtcParams& p, const T* x, const I* lengths, O* y, C* counts) {
  ctc_greedy_decoder_seq_len_blocks(context, p, x, lengths, y, counts);
}

#endif

}  // namespace ARHAT_ISA
}  // namespace arhat
