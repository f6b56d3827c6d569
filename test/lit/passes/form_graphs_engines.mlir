// RUN: arhat-opt %s -p form-graphs{engines=ahead} | filecheck %s
// RUN: arhat-opt %s -p form-graphs{engines=compiled} | filecheck %s --check-prefix COMPILED
// RUN: not arhat-opt %s -p form-graphs{engines=fast} 2>&1 | filecheck %s --check-prefix WRONG

// Engines that were compiled ahead add the residual first.
// CHECK: cudnn.graph(%x, %w, %r, %b)
// CHECK-NEXT: ^bb0({{.*}}, [[R:%[0-9]+]]: tensor<1x8x4x4xf16, #kernel.nhwc<8>>, [[B:%[0-9]+]]: tensor<1x8x1x1xf16>):
// CHECK-NEXT: [[C:%.*]] = cudnn.conv_fprop
// CHECK-NEXT: [[D:%.*]] = cudnn.pointwise([[C]], b = [[R]]) {mode = "add"}
// CHECK-NEXT: [[E:%.*]] = cudnn.pointwise([[D]], b = [[B]]) {mode = "add"}
// CHECK-NEXT: cudnn.pointwise([[E]]) {mode = "relu_fwd"}

// COMPILED: cudnn.graph(%x, %w, %b, %r)
// COMPILED-NEXT: ^bb0
// COMPILED-NEXT: [[C:%.*]] = cudnn.conv_fprop
// COMPILED-NEXT: [[D:%.*]] = cudnn.pointwise([[C]]) {mode = "identity"}
// COMPILED-NEXT: cudnn.pointwise([[D]], b = {{%.*}}) {mode = "add"}

// WRONG: error: form-graphs: engines is one of auto, ahead, compiled, not 'fast'
func.func @main(%x: tensor<1x8x4x4xf16, #kernel.nhwc<8>>, %w: tensor<8x8x1x1xf16, #kernel.nhwc<8>>, %b: tensor<1x8x1x1xf16>, %r: tensor<1x8x4x4xf16, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf16, #kernel.nhwc<8>> {
  %0 = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf16, #kernel.nhwc<8>>, tensor<8x8x1x1xf16, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  %1 = cudnn.pointwise(%0, b = %b) {mode = "add"} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<1x8x1x1xf16>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  %2 = cudnn.pointwise(%1, b = %r) {mode = "add"} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<1x8x4x4xf16, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  %3 = cudnn.pointwise(%2) {mode = "relu_fwd"} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf16, #kernel.nhwc<8>>
  func.return %3 : tensor<1x8x4x4xf16, #kernel.nhwc<8>>
}
