// RUN: arhat-opt %s -p 'infer-shapes{shapes=data:2x3x10x10}' | filecheck %s
// RUN: not arhat-opt %s -p 'infer-shapes{shapes=data:1x3x4x4}' 2>&1 | filecheck %s --check-prefix=SMALL
// RUN: not arhat-opt %s -p 'infer-shapes{shapes=date:1x3x4x4}' 2>&1 | filecheck %s --check-prefix=NAME
// RUN: not arhat-opt %s -p 'infer-shapes{shapes=data:1x3x-1x4}' 2>&1 | filecheck %s --check-prefix=DIMS

// The batch and the image grow; types follow down to the function's own.
// CHECK-LABEL: func.func @main(%x: tensor<2x3x10x10xf32> {arhat.name = "data"}) -> (tensor<2x4x6x6xf32> {arhat.name = "out"})
// CHECK: arhat.convolution{{.*}} -> tensor<2x4x6x6xf32>
// CHECK: arhat.relu{{.*}} : (tensor<2x4x6x6xf32>) -> tensor<2x4x6x6xf32>
// CHECK: func.return {{%.*}} : tensor<2x4x6x6xf32>

// SMALL: error: layer 'conv': arhat.convolution does not fit its operands (tensor<1x3x4x4xf32>, tensor<4x3x3x3xf32>): a window of 5 does not fit a padded size of 4
// NAME: error: 'date:1x3x4x4' does not name an input of the model
// NAME: note: inputs: 'data'
// DIMS: error: the shape of input 'data' must be positive sizes like 1x3x224x224, got '1x3x-1x4'
func.func @main(%x: tensor<1x3x8x8xf32> {arhat.name = "data"}) -> (tensor<1x4x4x4xf32> {arhat.name = "out"}) {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<4x3x3x3xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [2, 2], groups = 1, arhat.layers = [#arhat.layer<"conv", 6>]} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x4x4xf32>
  %1 = arhat.relu(%0) : (tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  func.return %1 : tensor<1x4x4x4xf32>
}
