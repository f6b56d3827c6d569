// RUN: not arhat-opt %s -p convert-arhat-to-cudnn 2>&1 | filecheck %s

// Nothing but the operations on quantised values knows how they are kept.
// CHECK: error: the cudnn target cannot run arhat.reshape (layer 'flat') on quantised bytes
// CHECK: error: the cudnn target cannot run func.return (layer (no name)) on quantised bytes
func.func @main(%x: tensor<1x2x4x4xf32>) -> (tensor<32xui8>, tensor<1x2x4x4xui8>) {
  %m = arhat.constant() {value = dense<1.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %0 = arhat.quantize(%x, %m, %m) : (tensor<1x2x4x4xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x2x4x4xui8>
  %1 = arhat.reshape(%0) {shape = [32], arhat.layers = [#arhat.layer<"flat", 3>]} : (tensor<1x2x4x4xui8>) -> tensor<32xui8>
  func.return %1, %0 : tensor<32xui8>, tensor<1x2x4x4xui8>
}
