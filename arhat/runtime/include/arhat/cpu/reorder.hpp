#pragma once
#include "../pool.hpp"
#include "../vec.hpp"
#include "types.hpp"

namespace arhat {

struct Halo {
  int top, left, bottom, right;
};

inline namespace ARHAT_ISA {

inline void nchw_to_nhwc(ThreadPool& pool, int n, int c, int h, int w, const float* x, Image y);
inline void nhwc_to_nchw(ThreadPool& pool, int n, int c, int h, int w, ConstImage x, float* y);
// Copies pixels between two nhwc views (concatenation, change of halo or pixel stride).
inline void copy_nhwc(ThreadPool& pool, int n, int c, int h, int w, ConstImage x, Image y);
// Writes zeros to the `lanes` of every halo pixel around images of h x w pixels.
inline void zero_halo(int n, int h, int w, Halo halo, Image y);

}  // namespace ARHAT_ISA
}  // namespace arhat
