// TopK for a GPU; the same results as topk.hpp gives (what is not a number aside: its place is any).
//
// A block per row selects and sorts; where k is more than a block holds, the rows are sorted in scratch memory. Elements
// of 8 bytes do not fit into keys, and many short rows need no blocks: a thread per row does those.
#pragma once

#include <type_traits>

#include "sort.hpp"
#include "topk.hpp"

namespace arhat {
inline namespace ARHAT_ISA {

// Unsigned integers in the order of the elements.
template <class T>
ARHAT_HD uint32_t element_order(T x) {
  if constexpr (std::is_integral_v<T>) {
    return std::is_signed_v<T> ? static_cast<uint32_t>(static_cast<int32_t>(x)) ^ 0x80000000u : static_cast<uint32_t>(x);
  } else {
    return ascending_bits(static_cast<float>(x));
  }
}

// The rows of a TopK as segments of keys.
template <class T, class I>
struct TopKRows {
  TopKParams p;
  const T* x;
  T* values;
  I* positions;

  struct Row {
    TopKParams p;
    const T* x;
    T* values;
    I* positions;

    ARHAT_HD int size() const { return static_cast<int>(p.extent); }
    ARHAT_HD Key operator[](int i) const {
      const uint32_t order = element_order(x[i * p.inner]);
      return make_key(p.max ? ~order : order, i);
    }
    ARHAT_HD void set(int i, Key key) const {
      values[i * p.inner] = x[place_of(key) * p.inner];
      positions[i * p.inner] = static_cast<I>(place_of(key));
    }
  };

  ARHAT_HD Row operator()(int64_t row) const {
    const int64_t outer = row / p.inner, inner = row % p.inner;
    const int64_t to = outer * p.k * p.inner + inner;
    return {p, x + outer * p.extent * p.inner + inner, values + to, positions + to};
  }
};

// Index: row, element.
template <class T, class I>
struct MakeTopKKeys {
  TopKRows<T, I> rows;
  Key* keys;
  ARHAT_HD void operator()(int64_t index) const {
    const int64_t extent = rows.p.extent;
    keys[index] = rows(index / extent)[static_cast<int>(index % extent)];
  }
};

// Index: row, result. Exchanges order and place.
struct TurnKeys {
  Key* keys;
  int64_t k, extent;
  ARHAT_HD void operator()(int64_t index) const {
    Key& key = keys[index / k * extent + index % k];
    key = key << 32 | key >> 32;
  }
};

// Index: row, result.
template <class T, class I>
struct WriteTopK {
  TopKRows<T, I> rows;
  const Key* keys;
  bool turned;
  ARHAT_HD void operator()(int64_t index) const {
    const int64_t row = index / rows.p.k, i = index % rows.p.k;
    const Key key = keys[row * rows.p.extent + i];
    rows(row).set(static_cast<int>(i), turned ? key >> 32 : key);
  }
};

// Bytes of scratch memory, 64-byte aligned, that `topk` needs on a GPU, for elements of so many bytes.
constexpr int64_t topk_scratch_cuda(const TopKParams& p, int64_t element) {
  const int64_t rows = p.outer * p.inner;
  if (p.k <= block_keys || element > 4) return 0;
  return round_up_bytes(rows * p.extent * 8) + round_up_bytes(rows * 4) + sort_scratch(rows, p.extent, p.extent);
}

// The operands of `topk`; scratch of topk_scratch_cuda(p, sizeof(T)) bytes, null if that is none.
template <class T, class I>
void topk_blocks(Context context, const TopKParams& p, const T* x, T* values, I* positions, void* scratch) {
  const int64_t rows = p.outer * p.inner;
  if (rows == 0 || p.k == 0) return;
  if constexpr (sizeof(T) > 4) {
    topk_rows(context, p, x, values, positions);
  } else {
    const TopKRows<T, I> segments{p, x, values, positions};
    if (p.extent <= 64 && rows >= 4096) return topk_rows(context, p, x, values, positions);
    if (p.k <= block_keys)
      return launch_blocks(context, rows, SelectKeys<TopKRows<T, I>>{segments, static_cast<int>(p.k), p.by_index});
    Key* keys = static_cast<Key*>(scratch);
    int* counts = reinterpret_cast<int*>(static_cast<char*>(scratch) + round_up_bytes(rows * p.extent * 8));
    void* rest = reinterpret_cast<char*>(counts) + round_up_bytes(rows * 4);
    launch(context, rows, FillWith<int>{static_cast<int>(p.extent), counts});
    launch(context, rows * p.extent, MakeTopKKeys<T, I>{segments, keys});
    sort_keys(context, rows, p.extent, p.extent, counts, keys, rest);
    if (p.by_index) {
      launch(context, rows * p.k, TurnKeys{keys, p.k, p.extent});
      launch(context, rows, FillWith<int>{static_cast<int>(p.k), counts});
      sort_keys(context, rows, p.extent, p.extent, counts, keys, rest);
    }
    launch(context, rows * p.k, WriteTopK<T, I>{segments, keys, p.by_index});
  }
}

#ifdef __CUDACC__

template <class T, class I>
void topk(Context context, const TopKParams& p, const T* x, T* values, I* positions, void* scratch = nullptr) {
  if (scratch == nullptr && topk_scratch_cuda(p, sizeof(T)) != 0) return topk_rows(context, p, x, values, positions);
  topk_blocks(context, p, x, values, positions, scratch);
}

#endif

}  // namespace ARHAT_ISA
}  // namespace arhat
