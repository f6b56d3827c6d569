#pragma once
#include "../pool.hpp"
#include "../vec.hpp"
#include "types.hpp"

namespace arhat {
inline namespace ARHAT_ISA {

// Padding is skipped, never read: no halo is needed. s.pb and s.pr are not used.
inline void max_pool(ThreadPool& pool, const PoolShape& s, ConstImage x, Image y);

// The divisor counts the elements of the window inside the image (exclude_pad) or inside the padded image.
inline void avg_pool(ThreadPool& pool, const PoolShape& s, bool exclude_pad, ConstImage x, Image y);

// Mean over all pixels; y has one pixel per image.
inline void global_average(ThreadPool& pool, int n, int h, int w, int c, ConstImage x, Image y);

}  // namespace ARHAT_ISA
}  // namespace arhat
