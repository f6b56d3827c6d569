// RUN: not arhat-opt %s -p convert-arhat-to-trt 2>&1 | filecheck %s

// All that the target cannot run is listed at once, with layer and line.
// CHECK: error: the trt target cannot run arhat.shape_of (layer 'shape'): shapes are known when compiling: run fold-constants first
// CHECK: error: the trt target cannot run arhat.prior_box_clustered (layer 'priors'): prior boxes are constants: run fold-priors first
// CHECK: error: the trt target cannot run arhat.bitwise_and (layer 'mask'): TensorRT has no bitwise operations on integers
// CHECK: error: the trt target cannot run arhat.power (layer 'power'): integers are raised to constant powers from 1 to 64 only
// CHECK: error: the trt target cannot run arhat.reshape (layer 'axes'): TensorRT's tensors have at most 8 axes, it needs 9
// CHECK: error: the trt target cannot run arhat.matmul (layer 'product'): products of integers are sums of no more than 67108864 terms
func.func @main(%x: tensor<4xi32>, %a: tensor<512x512xi32>) -> (tensor<1xi64>, tensor<2x8xf32>, tensor<4xi32>, tensor<4xi32>, tensor<1x1x1x1x1x1x1x1x4xi32>, tensor<512x512xi32>) {
  %0 = arhat.shape_of(%x) {arhat.layers = [#arhat.layer<"shape", 7>]} : (tensor<4xi32>) -> tensor<1xi64>
  %1 = arhat.prior_box_clustered() {feature = [1, 2], image = [8, 16], width = [8.0], height = [8.0], variance = [0.1], step_w = 8.0, step_h = 8.0, offset = 0.5, clip = false, arhat.layers = [#arhat.layer<"priors", 8>]} : () -> tensor<2x8xf32>
  %2 = arhat.bitwise_and(%x, %x) {arhat.layers = [#arhat.layer<"mask", 9>]} : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
  %3 = arhat.power(%x, %x) {arhat.layers = [#arhat.layer<"power", 10>]} : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
  %4 = arhat.reshape(%x) {shape = [1, 1, 1, 1, 1, 1, 1, 1, 4], arhat.layers = [#arhat.layer<"axes", 11>]} : (tensor<4xi32>) -> tensor<1x1x1x1x1x1x1x1x4xi32>
  %5 = arhat.matmul(%a, %a) {transpose_a = false, transpose_b = false, arhat.layers = [#arhat.layer<"product", 12>]} : (tensor<512x512xi32>, tensor<512x512xi32>) -> tensor<512x512xi32>
  func.return %0, %1, %2, %3, %4, %5 : tensor<1xi64>, tensor<2x8xf32>, tensor<4xi32>, tensor<4xi32>, tensor<1x1x1x1x1x1x1x1x4xi32>, tensor<512x512xi32>
}
