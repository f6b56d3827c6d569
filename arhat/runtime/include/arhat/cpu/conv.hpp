// Direct convolution: register tiles of pixels x output channels over packed weights.
#pragma once

#include "../pool.hpp"
#include "../vec.hpp"
#include "types.hpp"

namespace arhat {

// Blocking of a direct convolution; zero leaves the choice to the kernel.
struct Tuning {
  int tile_block = 0;   // pixel tiles that are kept in cache while the panels of output channels pass over them
  int panel_block = 0;  // panels of one task, when the panels are shared out between threads
};

inline namespace ARHAT_ISA {

// w: direct packing. Any stride and dilation; groups == 1.
inline void conv_direct(ThreadPool& pool, const ConvShape& s, ConstImage x, const float* w, Image y,
                        const Epilogue& e, Tuning tuning = {});

// w: grouped packing. s.ic and s.oc count all groups.
inline void conv_grouped(ThreadPool& pool, int groups, const ConvShape& s, ConstImage x, const float* w, Image y,
                         const Epilogue& e, Tuning tuning = {});

}  // namespace ARHAT_ISA
}  // namespace arhat
