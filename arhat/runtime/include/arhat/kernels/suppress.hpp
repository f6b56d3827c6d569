// Greedy suppression by a block of threads: of candidates in order, those that are ruled out by none kept before.
//
// 64 candidates at a time: all threads test them against what is kept, and against each other; one thread then goes
// through the 64 with the results of these tests as bits.
#pragma once

#include "blocks.hpp"

namespace arhat {
inline namespace ARHAT_ISA {

ARHAT_HD inline void raise(int* flag) {
#ifdef __CUDA_ARCH__
  *static_cast<volatile int*>(flag) = 1;
#else
  __atomic_store_n(flag, 1, __ATOMIC_RELAXED);
#endif
}

ARHAT_HD inline bool raised(const int* flag) {
#ifdef __CUDA_ARCH__
  return *static_cast<const volatile int*>(flag) != 0;
#else
  return __atomic_load_n(flag, __ATOMIC_RELAXED) != 0;
#endif
}

// Index: list of candidates. A Rule has
//   threads, Item                       threads of a block; what of a candidate decides
//   candidates(list), most              how many there are, how many are kept at most
//   item(list, i)                       the item of candidate i
//   kept(list)                          memory for the items that are kept; it may be that of the candidates
//   rules_out(kept, item, limit)        whether a kept item rules a later one out
//   keep(list, n, i, item)              candidate i is number n of those that are kept
//   finish(block, list, n)              n are kept; called by all threads
//   limit, changes(limit), next(limit)  the limit of overlap, whether it changes when an item is kept, and to what
template <class Rule>
struct Suppress {
  static constexpr int threads = Rule::threads, tile = 64, part = 16;
  using Item = typename Rule::Item;
  struct Shared {
    Item items[tile];
    uint16_t hits[tile][tile / part];  // the later candidates of the tile that a candidate rules out
    int dropped[tile];
    uint64_t chosen;  // bit by bit
  };
  Rule rule;

  template <class B>
  ARHAT_HD void operator()(const B& block, int64_t list, Shared& s) const {
    const int t = block.thread(), step = block.threads(), n = rule.candidates(list);
    Item* kept = rule.kept(list);
    float limit = rule.limit;
    int count = 0;
    for (int first = 0, width = 0; first < n && count < rule.most; first += width) {
      // While the limit changes, each candidate has one of its own.
      width = rule.changes(limit) ? 1 : tile;
      const int here = smaller(width, n - first);
      for (int i = t; i < here; i += step) {
        s.items[i] = rule.item(list, first + i);
        s.dropped[i] = 0;
      }
      block.sync();
      const int bits = width == 1 ? 0 : 6;
      for (int64_t pair = t; pair < static_cast<int64_t>(count) << bits; pair += step) {
        const int i = static_cast<int>(pair & (width - 1));
        if (i < here && !raised(&s.dropped[i]) && rule.rules_out(kept[pair >> bits], s.items[i], limit))
          raise(&s.dropped[i]);
      }
      for (int unit = t; unit < here * (tile / part); unit += step) {
        const int i = unit / (tile / part), begin = unit % (tile / part) * part;
        unsigned hits = 0;
        for (int k = larger(begin, i + 1); k < begin + part && k < here; ++k)
          hits |= static_cast<unsigned>(rule.rules_out(s.items[i], s.items[k], limit)) << (k - begin);
        s.hits[i][unit % (tile / part)] = static_cast<uint16_t>(hits);
      }
      block.sync();
      if (t == 0) s.chosen = choose(here, rule.most - count, s);
      block.sync();
      const uint64_t chosen = s.chosen;
      for (int i = t; i < here; i += step) {
        if ((chosen >> i & 1) == 0) continue;
        const int place = count + ones(chosen & ((uint64_t{1} << i) - 1));
        kept[place] = s.items[i];
        rule.keep(list, place, first + i, s.items[i]);
      }
      count += ones(chosen);
      if (chosen != 0 && width == 1) limit = rule.next(limit);
      block.sync();
    }
    block.sync();
    rule.finish(block, list, count);
  }

 private:
  // Nothing is written, so that the loop need not wait for what it reads.
  ARHAT_HD static uint64_t choose(int here, int room, const Shared& s) {
    uint64_t chosen = 0, ruled_out = 0;
    int count = 0;
#ifdef __CUDA_ARCH__
#pragma unroll 8
#endif
    for (int i = 0; i < here; ++i) {
      uint64_t hits = 0;
      for (int k = 0; k < tile / part; ++k) hits |= static_cast<uint64_t>(s.hits[i][k]) << (k * part);
      const bool keep = s.dropped[i] == 0 && (ruled_out >> i & 1) == 0 && count < room;
      chosen |= static_cast<uint64_t>(keep) << i;
      count += keep;
      ruled_out |= keep ? hits : 0;
    }
    return chosen;
  }

  ARHAT_HD static int ones(uint64_t bits) {
#ifdef __CUDA_ARCH__
    return __popcll(bits);
#else
    return __builtin_popcountll(bits);
#endif
  }
};

}  // namespace ARHAT_ISA
}  // namespace arhat
