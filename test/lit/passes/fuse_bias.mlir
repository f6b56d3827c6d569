// RUN: arhat-opt %s -p fuse-bias | filecheck %s

// The constant, on either side of the add, becomes the bias, in the shape that a bias has.
// CHECK-LABEL: func.func @bias
// CHECK-NEXT: [[W:%.*]] = arhat.constant
// CHECK-NEXT: [[B:%.*]] = arhat.constant() {value = #arhat.weight<"derived"::"t">, arhat.layers = [#arhat.layer<"t", 5>]} : () -> tensor<2xf32>
// CHECK-NEXT: [[Y:%.*]] = arhat.convolution(%x, [[W]], bias = [[B]]) {{.*}}arhat.layers = [#arhat.layer<"conv", 6>, #arhat.layer<"add", 7>]}
// CHECK-NEXT: func.return [[Y]]
func.func @bias(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %t = arhat.constant() {value = #arhat.weight<"model"::"t@64">, arhat.layers = [#arhat.layer<"t", 5>]} : () -> tensor<1x2x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1, arhat.layers = [#arhat.layer<"conv", 6>]} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.add(%t, %0) {arhat.layers = [#arhat.layer<"add", 7>]} : (tensor<1x2x1x1xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %1 : tensor<1x2x4x4xf32>
}

// A bias that is there is added to; a filter that is not constant does not matter.
// CHECK-LABEL: func.func @more_bias
// CHECK-NEXT: [[B:%.*]] = arhat.constant() {value = #arhat.weight<"derived"::"b">
// CHECK-NEXT: arhat.convolution(%x, %v, bias = [[B]])
// CHECK-NEXT: func.return
func.func @more_bias(%x: tensor<1x2x4x4xf32>, %v: tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32> {
  %b = arhat.constant() {value = #arhat.weight<"model"::"b@64">, arhat.layers = [#arhat.layer<"b", 5>]} : () -> tensor<2xf32>
  %t = arhat.constant() {value = #arhat.weight<"model"::"t@72">, arhat.layers = [#arhat.layer<"t", 5>]} : () -> tensor<2x1x1xf32>
  %0 = arhat.convolution(%x, %v, bias = %b) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.subtract(%0, %t) : (tensor<1x2x4x4xf32>, tensor<2x1x1xf32>) -> tensor<1x2x4x4xf32>
  func.return %1 : tensor<1x2x4x4xf32>
}

// A residual is added as well, so the order does not matter.
// CHECK-LABEL: func.func @with_residual
// CHECK: arhat.convolution(%x, {{%.*}}, bias = {{%.*}}, residual = %x)
// CHECK-NEXT: func.return
func.func @with_residual(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %t = arhat.constant() {value = #arhat.weight<"model"::"t@64">, arhat.layers = [#arhat.layer<"t", 5>]} : () -> tensor<1x2x1x1xf32>
  %0 = arhat.convolution(%x, %w, residual = %x) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.add(%0, %t) : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  func.return %1 : tensor<1x2x4x4xf32>
}

// One constant for all channels, and the last axis of a matrix product.
// CHECK-LABEL: func.func @matmul
// CHECK: arhat.matmul(%x, %v, bias = {{%.*}}) {{.*}} : (tensor<5x3xf32>, tensor<3x2xf32>, tensor<2xf32>) -> tensor<5x2xf32>
// CHECK-NEXT: func.return
func.func @matmul(%x: tensor<5x3xf32>, %v: tensor<3x2xf32>) -> tensor<5x2xf32> {
  %t = arhat.constant() {value = #arhat.weight<"model"::"t@64">, arhat.layers = [#arhat.layer<"t", 5>]} : () -> tensor<f32>
  %0 = arhat.matmul(%x, %v) {transpose_a = false, transpose_b = false} : (tensor<5x3xf32>, tensor<3x2xf32>) -> tensor<5x2xf32>
  %1 = arhat.add(%0, %t) : (tensor<5x2xf32>, tensor<f32>) -> tensor<5x2xf32>
  func.return %1 : tensor<5x2xf32>
}

// The bias is added after the activation, not before it.
// CHECK-LABEL: func.func @activation
// CHECK: arhat.convolution(%x, {{%[0-9a-z]+}}) {
// CHECK: arhat.add
func.func @activation(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %t = arhat.constant() {value = #arhat.weight<"model"::"t@64">, arhat.layers = [#arhat.layer<"t", 5>]} : () -> tensor<1x2x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1, activation = #arhat.activation<relu>} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.add(%0, %t) : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  func.return %1 : tensor<1x2x4x4xf32>
}

// The plain result has another user.
// CHECK-LABEL: func.func @used_twice
// CHECK: arhat.convolution(%x, {{%[0-9a-z]+}}) {
// CHECK: arhat.add
func.func @used_twice(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %t = arhat.constant() {value = #arhat.weight<"model"::"t@64">, arhat.layers = [#arhat.layer<"t", 5>]} : () -> tensor<1x2x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.add(%0, %t) : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %2 = arhat.multiply(%0, %1) : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %2 : tensor<1x2x4x4xf32>
}

// A sum that is subtracted from a constant is negated, too: fuse-batch-norm does that.
// CHECK-LABEL: func.func @negated
// CHECK: arhat.convolution(%x, {{%[0-9a-z]+}}) {
// CHECK: arhat.subtract
func.func @negated(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %t = arhat.constant() {value = #arhat.weight<"model"::"t@64">, arhat.layers = [#arhat.layer<"t", 5>]} : () -> tensor<1x2x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.subtract(%t, %0) : (tensor<1x2x1x1xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %1 : tensor<1x2x4x4xf32>
}

// The constant has a value for each pixel.
// CHECK-LABEL: func.func @per_pixel
// CHECK: arhat.convolution(%x, {{%[0-9a-z]+}}) {
// CHECK: arhat.add
func.func @per_pixel(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %t = arhat.constant() {value = #arhat.weight<"model"::"t@64">, arhat.layers = [#arhat.layer<"t", 5>]} : () -> tensor<1x1x4x4xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.add(%0, %t) : (tensor<1x2x4x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %1 : tensor<1x2x4x4xf32>
}

// What is added is not constant.
// CHECK-LABEL: func.func @not_constant
// CHECK: arhat.convolution(%x, {{%[0-9a-z]+}}) {
// CHECK: arhat.add
func.func @not_constant(%x: tensor<1x2x4x4xf32>, %t: tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.add(%0, %t) : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  func.return %1 : tensor<1x2x4x4xf32>
}
