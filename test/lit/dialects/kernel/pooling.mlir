// RUN: arhat-opt %s | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @pools
// CHECK: kernel.max_pool(%x) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor"} : (tensor<1x8x6x6xi32>) -> tensor<1x8x3x3xi32>
// CHECK: kernel.max_pool_with_indices(%y) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor", axis = 0, index_type = "i64"}
// CHECK: kernel.adaptive_avg_pool(%y) {sizes = [4, 4]}
// CHECK: kernel.adaptive_max_pool(%y) {sizes = [4, 4], index_type = "i32"}
func.func @pools(%x: tensor<1x8x6x6xi32>, %y: tensor<1x8x6x6xf32>) {
  %0 = kernel.max_pool(%x) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor"} : (tensor<1x8x6x6xi32>) -> tensor<1x8x3x3xi32>
  %1, %2 = kernel.max_pool_with_indices(%y) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor", axis = 0, index_type = "i64"} : (tensor<1x8x6x6xf32>) -> (tensor<1x8x3x3xf32>, tensor<1x8x3x3xi64>)
  %3 = kernel.adaptive_avg_pool(%y) {sizes = [4, 4]} : (tensor<1x8x6x6xf32>) -> tensor<1x8x4x4xf32>
  %4, %5 = kernel.adaptive_max_pool(%y) {sizes = [4, 4], index_type = "i32"} : (tensor<1x8x6x6xf32>) -> (tensor<1x8x4x4xf32>, tensor<1x8x4x4xi32>)
  func.return
}

// CHECK-LABEL: func.func @deformable
// CHECK: kernel.deformable_columns(%x, %o, %m) {kernel = [3, 3], strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], deformable_groups = 1, interpolate_border = true}
func.func @deformable(%x: tensor<1x4x8x8xf32, #kernel.nhwc<16>>, %o: tensor<1x18x8x8xf32>, %m: tensor<1x9x8x8xf32>) {
  %0 = kernel.deformable_columns(%x, %o, %m) {kernel = [3, 3], strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], deformable_groups = 1, interpolate_border = true} : (tensor<1x4x8x8xf32, #kernel.nhwc<16>>, tensor<1x18x8x8xf32>, tensor<1x9x8x8xf32>) -> tensor<1x36x8x8xf32>
  func.return
}
