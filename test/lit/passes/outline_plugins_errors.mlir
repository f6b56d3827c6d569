// RUN: not arhat-opt %s -p outline-plugins 2>&1 | filecheck %s

// All kernels that no plugin runs are listed at once, with layer and line; what is kept between runs is none.
// CHECK: error: the trt target cannot run kernel.max_pool (layer 'first'): TensorRT has no layer for it and there is no plugin
// CHECK-NEXT: error: the trt target cannot run kernel.cum_sum (layer (no name)): TensorRT has no layer for it and there is no plugin
// CHECK-NOT: error
func.func @main(%x: tensor<1x2x4x4xi32>) -> (tensor<1x2x2x2xi32>, tensor<1x2x4x4xi32>) {
  %0 = kernel.max_pool(%x) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor", arhat.layers = [#arhat.layer<"first", 4>]} : (tensor<1x2x4x4xi32>) -> tensor<1x2x2x2xi32>
  %1 = kernel.cum_sum(%x) {axis = 1, exclusive = false, reverse = false} : (tensor<1x2x4x4xi32>) -> tensor<1x2x4x4xi32>
  func.return %0, %1 : tensor<1x2x2x2xi32>, tensor<1x2x4x4xi32>
}
