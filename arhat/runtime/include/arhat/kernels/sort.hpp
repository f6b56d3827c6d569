// Sorting by score, the first of equal ones first: the order of everything that is selected by score.
//
// A key is a number of 64 bits: the score so transformed that the first in order has the least bits, then the place of
// the item. Keys are unique, hence their order is total and does not depend on how they are sorted. Segments are sorted
// by a block each: it narrows the keys down to those that are wanted, digit by digit, until they fit into the memory
// that the threads share, and sorts them there. Where more are wanted than fit, all are sorted by radix in global
// memory (cuda/sort.cu).
#pragma once

#include "blocks.hpp"
#include "half.hpp"

#ifdef __CUDACC__
#include "../cuda/sort.hpp"
#else
#include <algorithm>
#endif

namespace arhat {
inline namespace ARHAT_ISA {

using Key = uint64_t;

// Most keys that a block sorts.
constexpr int block_keys = 4096;

// Bits whose order as integers is that of the numbers. Equal numbers have equal bits.
ARHAT_HD inline uint32_t ascending_bits(float x) {
  const uint32_t bits = bits_of(x == 0 ? 0.f : x);
  return bits >> 31 != 0 ? ~bits : bits | 0x80000000u;
}

ARHAT_HD inline Key make_key(uint32_t order, int64_t place) {
  return static_cast<Key>(order) << 32 | static_cast<uint32_t>(place);
}

// The key of an item that comes before those of lower scores.
ARHAT_HD inline Key score_key(float score, int64_t place) { return make_key(~ascending_bits(score), place); }

// 0 where it was -0.
ARHAT_HD inline float score_of(Key key) {
  const uint32_t bits = ~static_cast<uint32_t>(key >> 32);
  return float_of(bits >> 31 != 0 ? bits & 0x7fffffffu : ~bits);
}

ARHAT_HD inline uint32_t place_of(Key key) { return static_cast<uint32_t>(key); }

// How many of n keys, in order, are less than `limit`.
ARHAT_HD inline int keys_below(const Key* keys, int n, Key limit) {
  int low = 0, high = n;
  while (low < high) {
    const int middle = (low + high) / 2;
    const bool below = keys[middle] < limit;
    low = below ? middle + 1 : low;
    high = below ? high : middle;
  }
  return low;
}

// Index: segment. The first `most` keys of each segment, in order, at its front. Keys(segment) gives its number of
// keys `size()`, the keys by `operator[]`, and takes the sorted ones by `set`.
template <class Keys>
struct SelectKeys {
  static constexpr int threads = 512, digits = 256;
  struct Shared {
    Key keys[block_keys];
    int histogram[digits], partial[threads];
    int count, digit, before, size;
  };
  Keys segments;
  int most;       // at most block_keys
  bool by_place;  // the selected ones in the order of their places

  template <class B>
  ARHAT_HD void operator()(const B& block, int64_t segment, Shared& s) const {
    const auto keys = segments(segment);
    const int t = block.thread(), step = block.threads();
    const int n = keys.size(), wanted = smaller(n, most);
    if (wanted == 0) return;
    int found = n;
    if (n <= block_keys) {
      for (int i = t; i < n; i += step) s.keys[i] = keys[i];
      block.sync();
    } else {
      const Key limit = upper_limit(block, keys, n, wanted, s);
      for (int i = t; i < n; i += step) {
        const Key key = keys[i];
        if (key <= limit) s.keys[atomic_add(&s.count, 1)] = key;
      }
      block.sync();
      found = s.count;
    }
    sort(block, s.keys, found);
    if (by_place) {
      for (int i = t; i < wanted; i += step) s.keys[i] = s.keys[i] << 32 | s.keys[i] >> 32;
      block.sync();
      sort(block, s.keys, wanted);
      for (int i = t; i < wanted; i += step) s.keys[i] = s.keys[i] << 32 | s.keys[i] >> 32;
      block.sync();
    }
    for (int i = t; i < wanted; i += step) keys.set(i, s.keys[i]);
  }

 private:
  // A number that at least `wanted` and at most block_keys of n keys do not exceed. s.count is 0 afterwards.
  template <class B, class Segment>
  ARHAT_HD static Key upper_limit(const B& block, const Segment& keys, int n, int wanted, Shared& s) {
    const int t = block.thread(), step = block.threads();
    const int each = (digits + step - 1) / step;  // digits of a thread
    Key prefix = 0;                               // of the keys among which the last wanted one is
    int before = 0;                               // keys with a smaller prefix
    for (int shift = 56;; shift -= 8) {
      for (int i = t; i < digits; i += step) s.histogram[i] = 0;
      if (t == 0) s.count = 0;
      block.sync();
      for (int i = t; i < n; i += step) {
        const Key key = keys[i];
        if (shift == 56 || key >> (shift + 8) == prefix) atomic_add(&s.histogram[key >> shift & (digits - 1)], 1);
      }
      block.sync();
      int sum = 0;
      for (int i = t * each; i < (t + 1) * each && i < digits; ++i) sum += s.histogram[i];
      int reached = before + block_scan(block, sum, 0, s.partial, Plus{}).before;
      for (int i = t * each; i < (t + 1) * each && i < digits; ++i) {
        const int size = s.histogram[i];
        if (reached < wanted && reached + size >= wanted) {
          s.digit = i;
          s.before = reached;
          s.size = size;
        }
        reached += size;
      }
      block.sync();
      prefix = prefix << 8 | static_cast<Key>(s.digit);
      before = s.before;
      const bool fits = before + s.size <= block_keys;
      block.sync();
      if (fits || shift == 0) return prefix << shift | ((Key{1} << shift) - 1);
    }
  }

  // Bitonic sort; n is at most block_keys.
  template <class B>
  ARHAT_HD static void sort(const B& block, Key* keys, int n) {
    int whole = 1;
    while (whole < n) whole *= 2;
    for (int i = n + block.thread(); i < whole; i += block.threads()) keys[i] = ~Key{0};
    block.sync();
    for (int size = 2; size <= whole; size *= 2) {
      for (int stride = size / 2; stride > 0; stride /= 2) {
        for (int pair = block.thread(); pair < whole / 2; pair += block.threads()) {
          const int a = 2 * pair - (pair & (stride - 1)), b = a + stride;
          const Key x = keys[a], y = keys[b];
          if ((x > y) == ((a & size) == 0)) {
            keys[a] = y;
            keys[b] = x;
          }
        }
        block.sync();
      }
    }
  }
};

// Segments of keys in memory: the first counts[segment] of `stride` ones, each.
struct KeysInMemory {
  Key* keys;
  int64_t stride;
  const int* counts;

  struct Segment {
    Key* keys;
    int n;
    ARHAT_HD int size() const { return n; }
    ARHAT_HD Key operator[](int i) const { return keys[i]; }
    ARHAT_HD void set(int i, Key key) const { keys[i] = key; }
  };
  ARHAT_HD Segment operator()(int64_t segment) const { return {keys + segment * stride, counts[segment]}; }
};

// Bytes of scratch memory, 64-byte aligned, that `sort_keys` needs.
constexpr int64_t sort_scratch(int64_t segments, int64_t stride, int64_t most) {
  return smaller(most, stride) <= block_keys ? 0 : round_up_bytes(segments * stride * 8) + 256;
}

// Sorts the first counts[i] keys of segment i so far that the first `most` of them are in order. counts lies in the
// memory of the device. scratch: sort_scratch(segments, stride, most) bytes.
inline void sort_keys(Context context, int64_t segments, int64_t stride, int64_t most, const int* counts, Key* keys,
                      void* scratch) {
  most = smaller(most, stride);
  if (segments == 0 || most == 0) return;
  if (most <= block_keys) {
    launch_blocks(context, segments, SelectKeys<KeysInMemory>{{keys, stride, counts}, static_cast<int>(most), false});
    return;
  }
#ifdef __CUDACC__
  Key* other = static_cast<Key*>(scratch);
  void* rest = static_cast<char*>(scratch) + round_up_bytes(segments * stride * 8);
  sort_segments(context, segments, stride, counts, keys, other, rest, 256);
#else
  (void)scratch;
  launch(
      context, segments, [=](int64_t i) { std::sort(keys + i * stride, keys + i * stride + counts[i]); }, 1);
#endif
}

}  // namespace ARHAT_ISA
}  // namespace arhat
