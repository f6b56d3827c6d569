// RUN: arhat-opt %s | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @fused
// CHECK: cudnn.graph(%x, %w, %b) {arhat.layers = [#arhat.layer<"conv1", 3>], math = "any", plan = "eng4_k2=-1_k24=3"} ({
// CHECK-NEXT: ^bb0(%0: tensor<1x8x4x4xf16, #kernel.nhwc<8>>, %1: tensor<8x8x1x1xf16, #kernel.nhwc<8>>, %2: tensor<1x8x1x1xf32>):
// CHECK-NEXT:   %3 = cudnn.conv_fprop(%0, %1)
// CHECK-NEXT:   %4 = cudnn.pointwise(%3, b = %2) {mode = "add"}
// CHECK-NEXT:   cudnn.yield %4 : tensor<1x8x4x4xf16, #kernel.nhwc<8>>
// CHECK-NEXT: }) : (tensor<1x8x4x4xf16, #kernel.nhwc<8>>, tensor<8x8x1x1xf16, #kernel.nhwc<8>>, tensor<1x8x1x1xf32>) -> tensor<1x8x4x4xf16, #kernel.nhwc<8>>
func.func @fused(%x: tensor<1x8x4x4xf16, #kernel.nhwc<8>>, %w: tensor<8x8x1x1xf16, #kernel.nhwc<8>>, %b: tensor<1x8x1x1xf32>) -> tensor<1x8x4x4xf16, #kernel.nhwc<8>> {
  %y = cudnn.graph(%x, %w, %b) {math = "any", plan = "eng4_k2=-1_k24=3", arhat.layers = [#arhat.layer<"conv1", 3>]} ({
  ^bb0(%0: tensor<1x8x4x4xf16, #kernel.nhwc<8>>, %1: tensor<8x8x1x1xf16, #kernel.nhwc<8>>, %2: tensor<1x8x1x1xf32>):
    %3 = cudnn.conv_fprop(%0, %1) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf16, #kernel.nhwc<8>>, tensor<8x8x1x1xf16, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
    %4 = cudnn.pointwise(%3, b = %2) {mode = "add"} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<1x8x1x1xf32>) -> tensor<1x8x4x4xf16, #kernel.nhwc<8>>
    cudnn.yield %4 : tensor<1x8x4x4xf16, #kernel.nhwc<8>>
  }) : (tensor<1x8x4x4xf16, #kernel.nhwc<8>>, tensor<8x8x1x1xf16, #kernel.nhwc<8>>, tensor<1x8x1x1xf32>) -> tensor<1x8x4x4xf16, #kernel.nhwc<8>>
  func.return %y : tensor<1x8x4x4xf16, #kernel.nhwc<8>>
}

// Several results, and what schedule and plan-memory write.
// CHECK-LABEL: func.func @planned
// CHECK: %y, %z = cudnn.graph(%x) {cudnn.stream = 1 : i64, cudnn.waits = [0 : i64], kernel.buffers = [#kernel.buffer<arena, 0>, #kernel.buffer<arena, 64>], kernel.section = 2 : i64, math = "strict"} ({
// CHECK: cudnn.yield %{{.*}}, %{{.*}} : tensor<1x2x8xf32>, tensor<1x2x8xf32>
// CHECK: }) : (tensor<1x2x8xf32>) -> (tensor<1x2x8xf32>, tensor<1x2x8xf32>)
func.func @planned(%x: tensor<1x2x8xf32>) -> (tensor<1x2x8xf32>, tensor<1x2x8xf32>) {
  %y, %z = cudnn.graph(%x) {cudnn.stream = 1 : i64, cudnn.waits = [0 : i64], kernel.buffers = [#kernel.buffer<arena, 0>, #kernel.buffer<arena, 64>], kernel.section = 2 : i64, math = "strict"} ({
  ^bb0(%0: tensor<1x2x8xf32>):
    %1 = cudnn.pointwise(%0) {mode = "exp"} : (tensor<1x2x8xf32>) -> tensor<1x2x8xf32>
    %2 = cudnn.pointwise(%1) {mode = "sqrt"} : (tensor<1x2x8xf32>) -> tensor<1x2x8xf32>
    cudnn.yield %1, %2 : tensor<1x2x8xf32>, tensor<1x2x8xf32>
  }) : (tensor<1x2x8xf32>) -> (tensor<1x2x8xf32>, tensor<1x2x8xf32>)
  func.return %y, %z : tensor<1x2x8xf32>, tensor<1x2x8xf32>
}
