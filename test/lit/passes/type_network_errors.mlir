// RUN: not arhat-opt %s -p 'type-network{to=f16 keep="third"}' 2>&1 | filecheck %s
// RUN: not arhat-opt %s -p 'type-network{to=f32 keep="third"}' 2>&1 | filecheck %s

// CHECK: error: type-network is to keep layer 'third' in f32, but the model has none
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = trt.activation(%x) {kind = "relu", arhat.layers = [#arhat.layer<"relu", 1>]} : (tensor<4xf32>) -> tensor<4xf32>
  func.return %0 : tensor<4xf32>
}
