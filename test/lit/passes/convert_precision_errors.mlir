// RUN: not arhat-opt %s -p 'convert-precision{to=bf16 keep="third"}' 2>&1 | filecheck %s

// CHECK: error: convert-precision is to keep layer 'third' in f32, but the model has none
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arhat.relu(%x) {arhat.layers = [#arhat.layer<"relu", 1>]} : (tensor<4xf32>) -> tensor<4xf32>
  func.return %0 : tensor<4xf32>
}
