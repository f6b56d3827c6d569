#pragma once
#include "conv.hpp"

namespace arhat {
inline namespace ARHAT_ISA {

// F(M x M, 3 x 3), M = 2 or 4. w: Winograd packing for M. Kernel 3 x 3, stride 1, dilation 1, groups == 1.
// The input's halo covers the padding only (1 pixel); tiles that overhang the image are completed with zeros.
template <int M>
inline void conv_winograd(ThreadPool& pool, const ConvShape& s, ConstImage x, const float* w, Image y,
                          const Epilogue& e);

}  // namespace ARHAT_ISA
}  // namespace arhat
