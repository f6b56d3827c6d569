// RUN: not arhat-opt %s -p convert-arhat-to-cudnn 2>&1 | filecheck %s

// All that the target cannot run is listed at once, with layer and line.
// CHECK: error: the cudnn target cannot run arhat.shape_of (layer 'first'): shapes are known when compiling: run fold-constants first
// CHECK: error: the cudnn target cannot run arhat.shape_of (layer 'second'): shapes are known when compiling: run fold-constants first
func.func @main(%x: tensor<4x4xf32>, %v: tensor<4xf32>) -> (tensor<1xi64>, tensor<2xi64>) {
  %0 = arhat.shape_of(%v) {to = i64, arhat.layers = [#arhat.layer<"first", 7>]} : (tensor<4xf32>) -> tensor<1xi64>
  %1 = arhat.shape_of(%x) {to = i64, arhat.layers = [#arhat.layer<"second", 8>]} : (tensor<4x4xf32>) -> tensor<2xi64>
  func.return %0, %1 : tensor<1xi64>, tensor<2xi64>
}
