// Softmax, reductions, normalizations and running sums for a GPU.
//
// A group is the work of a thread, a warp or a block, by its size and by how many there are. The partial results of the
// threads are put together in an order that depends on nothing but their number. 16-bit floats are computed in float.
#pragma once

#include <type_traits>

#include "blocks.hpp"
#include "cumulate.hpp"
#include "groups.hpp"
#include "half.hpp"
#include "mvn.hpp"
#include "normalize_l2.hpp"
#include "reduce.hpp"

namespace arhat {
inline namespace ARHAT_ISA {

// The type that elements of type T are computed in.
template <class T>
using Computed = std::conditional_t<std::is_same_v<T, half> || std::is_same_v<T, bfloat16>, float, T>;

// Axes [first, first + 1] of an array of axes become one if each set of strides allows it.
inline bool merges(const int64_t* size, const int64_t* in, const int64_t* out, int first) {
  return in[first] == in[first + 1] * size[first + 1] && out[first] == out[first + 1] * size[first + 1];
}

inline int merge_axes(int rank, int64_t* size, int64_t* in, int64_t* out) {
  int n = 0;
  for (int i = 0; i < rank; ++i) {
    if (size[i] == 1) continue;
    size[n] = size[i], in[n] = in[i], out[n] = out[i];
    if (n > 0 && merges(size, in, out, n - 1)) {
      size[n - 1] *= size[n], in[n - 1] = in[n], out[n - 1] = out[n];
    } else {
      ++n;
    }
  }
  return n;
}

// The same groups with as few axes as will do.
inline GroupParams merged(GroupParams p) {
  p.kept = merge_axes(p.kept, p.size, p.in, p.out);
  p.reduced = merge_axes(p.reduced, p.reduced_size, p.reduced_in, p.reduced_out);
  return p;
}

// Calls f(in, out) for the elements of a group that fall to this thread; offsets from the group's first element.
template <class B, class F>
ARHAT_HD void for_each_of_thread(const B& block, const GroupParams& p, F f) {
  const int64_t n = group_size(p);
  if (p.reduced <= 1) {
    const int64_t in = run_stride_in(p), out = run_stride_out(p);
    for (int64_t i = block.thread(); i < n; i += block.threads()) f(i * in, i * out);
    return;
  }
  for (int64_t i = block.thread(); i < n; i += block.threads()) {
    int64_t in = 0, out = 0, rest = i;
    for (int axis = p.reduced - 1; axis >= 0; --axis) {
      const int64_t at = rest % p.reduced_size[axis];
      rest /= p.reduced_size[axis];
      in += at * p.reduced_in[axis];
      out += at * p.reduced_out[axis];
    }
    f(in, out);
  }
}

template <int Threads>
using ThreadCount = std::integral_constant<int, Threads>;

// Calls f(ThreadCount) with as many threads as a group should have. Neighbouring groups that lie side by side are best
// read by neighbouring threads, if there are enough of them to fill a GPU.
template <class F>
void with_group_threads(const GroupParams& p, F f) {
  const int64_t size = group_size(p), groups = group_count(p);
  const bool beside = p.kept > 0 && p.in[p.kept - 1] == 1 && run_stride_in(p) != 1;
  if (size <= 32 || (beside && groups >= 16384)) return f(ThreadCount<1>{});
  if (size <= 1024) return f(ThreadCount<32>{});
  if (size <= 32768) return f(ThreadCount<256>{});
  f(ThreadCount<1024>{});
}

// Index: group, the work of a block.
template <class T, int Threads>
struct SoftmaxBlock {
  static constexpr int threads = Threads;
  using C = Computed<T>;
  struct Shared {
    C partial[Threads];
  };
  GroupParams p;
  const T* x;
  T* y;

  template <class B>
  ARHAT_HD void operator()(const B& block, int64_t index, Shared& s) const {
    const Group g = group_at(p, index, p.kept);
    const T* from = x + g.in;
    T* to = y + g.out;
    C most = static_cast<C>(*from);
    for_each_of_thread(block, p, [&](int64_t in, int64_t) { most = larger(most, static_cast<C>(from[in])); });
    most = block_reduce(block, most, s.partial, [](C a, C b) { return larger(a, b); });
    C sum = 0;
    for_each_of_thread(block, p, [&](int64_t in, int64_t) { sum += std::exp(static_cast<C>(from[in]) - most); });
    sum = block_reduce(block, sum, s.partial, Plus{});
    for_each_of_thread(block, p, [&](int64_t in, int64_t out) {
      to[out] = static_cast<T>(std::exp(static_cast<C>(from[in]) - most) / sum);
    });
  }
};

template <class T>
void softmax_blocks(Context context, const GroupParams& params, const T* x, T* y) {
  const GroupParams p = merged(params);
  with_group_threads(p, [&](auto n) {
    launch_blocks(context, group_count(p), SoftmaxBlock<T, decltype(n)::value>{p, x, y});
  });
}

// Index: group, the work of a block.
template <Reduction kind, class T, int Threads>
struct ReduceBlock {
  static constexpr int threads = Threads;
  using C = Computed<T>;
  struct Shared {
    C partial[Threads];
  };
  GroupParams p;
  const T* x;
  T* y;

  template <class B>
  ARHAT_HD void operator()(const B& block, int64_t index, Shared& s) const {
    const Group g = group_at(p, index, p.kept);
    C result = reduction_start<kind, C>();
    for_each_of_thread(block, p, [&](int64_t in, int64_t) {
      result = reduction_step<kind>(result, static_cast<C>(x[g.in + in]));
    });
    result = block_reduce(block, result, s.partial, [](C a, C b) { return reduction_step<kind>(a, b); });
    if (kind == Reduction::mean) result = static_cast<C>(result / static_cast<C>(group_size(p)));
    if (block.thread() == 0) y[g.out] = static_cast<T>(result);
  }
};

template <Reduction kind, class T>
void reduce_blocks(Context context, const GroupParams& params, const T* x, T* y) {
  const GroupParams p = merged(params);
  with_group_threads(p, [&](auto n) {
    launch_blocks(context, group_count(p), ReduceBlock<kind, T, decltype(n)::value>{p, x, y});
  });
}

// Index: group, the work of a block. The variance is that of the differences from the mean: nothing cancels.
template <class T, int Threads>
struct MvnBlock {
  static constexpr int threads = Threads;
  using C = Computed<T>;
  struct Shared {
    C partial[Threads];
  };
  GroupParams p;
  float eps;
  Deviation mode;
  const T* x;
  T* y;

  template <class B>
  ARHAT_HD void operator()(const B& block, int64_t index, Shared& s) const {
    const Group g = group_at(p, index, p.kept);
    const T* from = x + g.in;
    const C count = static_cast<C>(group_size(p));
    C total = 0, squares = 0;
    for_each_of_thread(block, p, [&](int64_t in, int64_t) { total += static_cast<C>(from[in]); });
    const C mean = block_reduce(block, total, s.partial, Plus{}) / count;
    if (mode != Deviation::none) {
      for_each_of_thread(block, p, [&](int64_t in, int64_t) {
        const C d = static_cast<C>(from[in]) - mean;
        squares += d * d;
      });
      squares = block_reduce(block, squares, s.partial, Plus{});
    }
    const C scale = mvn_scale(squares / count, eps, mode);
    for_each_of_thread(block, p, [&](int64_t in, int64_t out) {
      y[g.out + out] = static_cast<T>((static_cast<C>(from[in]) - mean) * scale);
    });
  }
};

template <class T>
void mvn_blocks(Context context, const GroupParams& params, float eps, Deviation mode, const T* x, T* y) {
  const GroupParams p = merged(params);
  with_group_threads(p, [&](auto n) {
    launch_blocks(context, group_count(p), MvnBlock<T, decltype(n)::value>{p, eps, mode, x, y});
  });
}

// Index: group, the work of a block.
template <class T, int Threads>
struct NormalizeBlock {
  static constexpr int threads = Threads;
  using C = Computed<T>;
  struct Shared {
    C partial[Threads];
  };
  GroupParams p;
  float eps;
  EpsMode mode;
  const T* x;
  T* y;

  template <class B>
  ARHAT_HD void operator()(const B& block, int64_t index, Shared& s) const {
    const Group g = group_at(p, index, p.kept);
    const T* from = x + g.in;
    C squares = 0;
    for_each_of_thread(block, p, [&](int64_t in, int64_t) {
      const C v = static_cast<C>(from[in]);
      squares += v * v;
    });
    squares = block_reduce(block, squares, s.partial, Plus{});
    const C scale = 1 / l2_norm(squares, static_cast<C>(eps), mode);
    for_each_of_thread(block, p, [&](int64_t in, int64_t out) {
      y[g.out + out] = static_cast<T>(static_cast<C>(from[in]) * scale);
    });
  }
};

template <class T>
void normalize_l2_blocks(Context context, const GroupParams& params, float eps, EpsMode mode, const T* x, T* y) {
  const GroupParams p = merged(params);
  with_group_threads(p, [&](auto n) {
    launch_blocks(context, group_count(p), NormalizeBlock<T, decltype(n)::value>{p, eps, mode, x, y});
  });
}

// Index: group, the work of a block: as many elements as there are threads at a time.
template <class T>
struct CumulateBlock {
  static constexpr int threads = 256;
  struct Shared {
    T partial[threads];
  };
  GroupParams p;
  bool exclusive, reverse;
  const T* x;
  T* y;

  template <class B>
  ARHAT_HD void operator()(const B& block, int64_t index, Shared& s) const {
    const Group g = group_at(p, index, p.kept);
    const int64_t n = p.reduced_size[0];
    T sum = 0;
    for (int64_t first = 0; first < n; first += block.threads()) {
      const int64_t i = first + block.thread(), at = reverse ? n - 1 - i : i;
      const T own = i < n ? x[g.in + at * p.reduced_in[0]] : T(0);
      const BlockScan<T> scan = block_scan(block, own, T(0), s.partial, CumulateStep{});
      const T before = CumulateStep{}(sum, scan.before);
      if (i < n) y[g.out + at * p.reduced_out[0]] = exclusive ? before : CumulateStep{}(before, own);
      sum = CumulateStep{}(sum, scan.all);
    }
  }
};

template <class T>
void cumulate_blocks(Context context, const GroupParams& p, bool exclusive, bool reverse, const T* x, T* y) {
  if (p.reduced_size[0] <= 64) return cumulate_groups(context, p, 1, exclusive, reverse, x, y);
  launch_blocks(context, group_count(p), CumulateBlock<T>{p, exclusive, reverse, x, y});
}

#ifdef __CUDACC__

template <class T>
void softmax(Context context, const GroupParams& p, const T* x, T* y) {
  softmax_blocks(context, p, x, y);
}

template <Reduction kind, class T>
void reduce(Context context, const GroupParams& p, const T* x, T* y) {
  reduce_blocks<kind>(context, p, x, y);
}

template <class T>
void mvn(Context context, const GroupParams& p, float eps, Deviation mode, const T* x, T* y) {
  mvn_blocks(context, p, eps, mode, x, y);
}

template <class T>
void normalize_l2(Context context, const GroupParams& p, float eps, EpsMode mode, const T* x, T* y) {
  normalize_l2_blocks(context, p, eps, mode, x, y);
}

template <class T>
void cumulate(Context context, const GroupParams& p, bool exclusive, bool reverse, const T* x, T* y) {
  cumulate_blocks(context, p, exclusive, reverse, x, y);
}

#endif

}  // namespace ARHAT_ISA
}  // namespace arhat
