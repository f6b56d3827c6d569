#pragma once
#include "conv.hpp"

namespace arhat {
inline namespace ARHAT_ISA {

// One filter per channel (s.ic == s.oc). w: depthwise packing. Any kernel size, stride and dilation.
inline void depthwise(ThreadPool& pool, const ConvShape& s, ConstImage x, const float* w, Image y, const Epilogue& e);

}  // namespace ARHAT_ISA
}  // namespace arhat
