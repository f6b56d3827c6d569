// RUN: arhat-opt %s -p fuse-batch-norm | filecheck %s

// A chain of a scale and a shift after a convolution goes into filter and bias. The fused op carries all layers, the
// last one being the layer whose output it computes; constants carry theirs.
// CHECK-LABEL: func.func @after
// CHECK-NEXT: [[W:%.*]] = arhat.constant() {value = #arhat.weight<"derived"::"w">, arhat.layers = [#arhat.layer<"w", 3>, #arhat.layer<"s", 4>]} : () -> tensor<2x3x1x1xf32>
// CHECK-NEXT: [[B:%.*]] = arhat.constant() {value = #arhat.weight<"derived"::"t">, arhat.layers = [#arhat.layer<"t", 5>]} : () -> tensor<2xf32>
// CHECK-NEXT: [[Y:%.*]] = arhat.convolution(%x, [[W]], bias = [[B]]) {{.*}}arhat.layers = [#arhat.layer<"conv", 6>, #arhat.layer<"mul", 7>, #arhat.layer<"add", 8>]}
// CHECK-NEXT: func.return [[Y]]
func.func @after(%x: tensor<1x3x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">, arhat.layers = [#arhat.layer<"w", 3>]} : () -> tensor<2x3x1x1xf32>
  %s = arhat.constant() {value = #arhat.weight<"model"::"s@24">, arhat.layers = [#arhat.layer<"s", 4>]} : () -> tensor<1x2x1x1xf32>
  %t = arhat.constant() {value = #arhat.weight<"model"::"t@32">, arhat.layers = [#arhat.layer<"t", 5>]} : () -> tensor<2x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1, arhat.layers = [#arhat.layer<"conv", 6>]} : (tensor<1x3x4x4xf32>, tensor<2x3x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.multiply(%s, %0) {arhat.layers = [#arhat.layer<"mul", 7>]} : (tensor<1x2x1x1xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %2 = arhat.add(%1, %t) {arhat.layers = [#arhat.layer<"add", 8>]} : (tensor<1x2x4x4xf32>, tensor<2x1x1xf32>) -> tensor<1x2x4x4xf32>
  func.return %2 : tensor<1x2x4x4xf32>
}

// Padding does not matter after a convolution; a divisor and a subtraction from a constant scale too.
// CHECK-LABEL: func.func @after_padded
// CHECK-NOT: arhat.{{(divide|subtract)}}
// CHECK: arhat.convolution(%x, {{%.*}}, bias = {{%.*}}) {strides = [1], pads_begin = [1]
// CHECK-NOT: arhat.{{(divide|subtract)}}
// CHECK: func.return
func.func @after_padded(%x: tensor<1x4x8xf32>) -> tensor<1x4x8xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<4x1x3xf32>
  %s = arhat.constant() {value = #arhat.weight<"model"::"s@24">} : () -> tensor<f32>
  %t = arhat.constant() {value = #arhat.weight<"model"::"t@32">} : () -> tensor<4x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1], pads_begin = [1], pads_end = [1], dilations = [1], groups = 4} : (tensor<1x4x8xf32>, tensor<4x1x3xf32>) -> tensor<1x4x8xf32>
  %1 = arhat.divide(%0, %s) {python_div = true} : (tensor<1x4x8xf32>, tensor<f32>) -> tensor<1x4x8xf32>
  %2 = arhat.subtract(%t, %1) : (tensor<4x1xf32>, tensor<1x4x8xf32>) -> tensor<1x4x8xf32>
  func.return %2 : tensor<1x4x8xf32>
}

// Before a convolution without padding both scale and shift are folded, in each group of channels.
// CHECK-LABEL: func.func @before
// CHECK: [[Y:%.*]] = arhat.convolution(%x, {{%.*}}, bias = {{%.*}}) {{.*}}groups = 2, arhat.layers = [#arhat.layer<"mul", 7>, #arhat.layer<"add", 8>, #arhat.layer<"conv", 9>]}
// CHECK-NEXT: func.return [[Y]]
func.func @before(%x: tensor<1x4x5x5xf32>) -> tensor<1x2x3x3xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x3x3xf32>
  %s = arhat.constant() {value = #arhat.weight<"model"::"s@144">} : () -> tensor<1x4x1x1xf32>
  %t = arhat.constant() {value = #arhat.weight<"model"::"t@160">} : () -> tensor<1x4x1x1xf32>
  %0 = arhat.multiply(%x, %s) {arhat.layers = [#arhat.layer<"mul", 7>]} : (tensor<1x4x5x5xf32>, tensor<1x4x1x1xf32>) -> tensor<1x4x5x5xf32>
  %1 = arhat.add(%0, %t) {arhat.layers = [#arhat.layer<"add", 8>]} : (tensor<1x4x5x5xf32>, tensor<1x4x1x1xf32>) -> tensor<1x4x5x5xf32>
  %2 = arhat.convolution(%1, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 2, arhat.layers = [#arhat.layer<"conv", 9>]} : (tensor<1x4x5x5xf32>, tensor<2x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  func.return %2 : tensor<1x2x3x3xf32>
}

// Zeros of the padding are not shifted: the shift stays in front of a padded convolution, the scale after it goes.
// CHECK-LABEL: func.func @before_padded
// CHECK: [[X:%.*]] = arhat.subtract(%x, {{%.*}})
// CHECK: arhat.convolution([[X]], {{%.*}}) {
// CHECK-NOT: arhat.multiply
// CHECK: func.return
func.func @before_padded(%x: tensor<1x3x5x5xf32>) -> tensor<1x2x5x5xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x3x3x3xf32>
  %s = arhat.constant() {value = #arhat.weight<"model"::"s@216">} : () -> tensor<1x3x1x1xf32>
  %m = arhat.constant() {value = #arhat.weight<"model"::"m@228">} : () -> tensor<1x3x1x1xf32>
  %0 = arhat.subtract(%x, %m) : (tensor<1x3x5x5xf32>, tensor<1x3x1x1xf32>) -> tensor<1x3x5x5xf32>
  %1 = arhat.multiply(%0, %s) : (tensor<1x3x5x5xf32>, tensor<1x3x1x1xf32>) -> tensor<1x3x5x5xf32>
  %2 = arhat.convolution(%1, %w) {strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1} : (tensor<1x3x5x5xf32>, tensor<2x3x3x3xf32>) -> tensor<1x2x5x5xf32>
  func.return %2 : tensor<1x2x5x5xf32>
}

// Both sides of a matrix product, whose channels are its last axes.
// CHECK-LABEL: func.func @matmul
// CHECK-NOT: arhat.{{(multiply|add)}}
// CHECK: arhat.matmul(%x, {{%.*}}, bias = {{%.*}}) {transpose_a = false, transpose_b = true}
// CHECK-NOT: arhat.{{(multiply|add)}}
// CHECK: func.return
func.func @matmul(%x: tensor<5x3xf32>) -> tensor<5x2xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x3xf32>
  %a = arhat.constant() {value = #arhat.weight<"model"::"a@24">} : () -> tensor<3xf32>
  %b = arhat.constant() {value = #arhat.weight<"model"::"b@36">} : () -> tensor<1x2xf32>
  %0 = arhat.add(%x, %a) : (tensor<5x3xf32>, tensor<3xf32>) -> tensor<5x3xf32>
  %1 = arhat.matmul(%0, %w) {transpose_a = false, transpose_b = true} : (tensor<5x3xf32>, tensor<2x3xf32>) -> tensor<5x2xf32>
  %2 = arhat.multiply(%1, %b) : (tensor<5x2xf32>, tensor<1x2xf32>) -> tensor<5x2xf32>
  func.return %2 : tensor<5x2xf32>
}

// A shift alone after the op is left to fuse-bias, also where the next op could take it.
// CHECK-LABEL: func.func @shift_alone
// CHECK: arhat.convolution
// CHECK: arhat.add
// CHECK: arhat.convolution
func.func @shift_alone(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %t = arhat.constant() {value = #arhat.weight<"model"::"t@16">} : () -> tensor<1x2x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.add(%0, %t) : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %2 = arhat.convolution(%1, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  func.return %2 : tensor<1x2x4x4xf32>
}

// Somebody else wants the result as it is.
// CHECK-LABEL: func.func @used_twice
// CHECK: arhat.convolution
// CHECK: arhat.multiply
// CHECK: arhat.add
func.func @used_twice(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %s = arhat.constant() {value = #arhat.weight<"model"::"s@16">} : () -> tensor<1x2x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.multiply(%0, %s) : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %2 = arhat.add(%1, %0) : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %2 : tensor<1x2x4x4xf32>
}

// The result is an output of the model as well.
// CHECK-LABEL: func.func @returned
// CHECK: arhat.convolution
// CHECK: arhat.multiply
func.func @returned(%x: tensor<1x2x4x4xf32>) -> (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %s = arhat.constant() {value = #arhat.weight<"model"::"s@16">} : () -> tensor<1x2x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.multiply(%0, %s) : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  func.return %0, %1 : tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>
}

// The constant varies along the width, not along the channels: NumPy aligns shapes at the end.
// CHECK-LABEL: func.func @not_per_channel
// CHECK: arhat.convolution
// CHECK: arhat.multiply
func.func @not_per_channel(%x: tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<4x4x1x1xf32>
  %s = arhat.constant() {value = #arhat.weight<"model"::"s@64">} : () -> tensor<4xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x4x4x4xf32>, tensor<4x4x1x1xf32>) -> tensor<1x4x4x4xf32>
  %1 = arhat.multiply(%0, %s) : (tensor<1x4x4x4xf32>, tensor<4xf32>) -> tensor<1x4x4x4xf32>
  func.return %1 : tensor<1x4x4x4xf32>
}

// The constant makes the batch larger.
// CHECK-LABEL: func.func @enlarged
// CHECK: arhat.convolution
// CHECK: arhat.multiply
func.func @enlarged(%x: tensor<1x2x4x4xf32>) -> tensor<3x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %s = arhat.constant() {value = #arhat.weight<"model"::"s@16">} : () -> tensor<3x1x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.multiply(%0, %s) : (tensor<1x2x4x4xf32>, tensor<3x1x1x1xf32>) -> tensor<3x2x4x4xf32>
  func.return %1 : tensor<3x2x4x4xf32>
}

// A constant divided by the result is not linear in it.
// CHECK-LABEL: func.func @reciprocal
// CHECK: arhat.convolution
// CHECK: arhat.divide
func.func @reciprocal(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %s = arhat.constant() {value = #arhat.weight<"model"::"s@16">} : () -> tensor<1x2x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.divide(%s, %0) {python_div = true} : (tensor<1x2x1x1xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %1 : tensor<1x2x4x4xf32>
}

// The filter is not constant, or there is an activation in between.
// CHECK-LABEL: func.func @not_foldable
// CHECK: arhat.convolution
// CHECK: arhat.multiply
// CHECK: arhat.convolution
// CHECK: arhat.multiply
func.func @not_foldable(%x: tensor<1x2x4x4xf32>, %v: tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %s = arhat.constant() {value = #arhat.weight<"model"::"s@16">} : () -> tensor<1x2x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1, activation = #arhat.activation<relu>} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.multiply(%0, %s) : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %2 = arhat.convolution(%1, %v) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %3 = arhat.multiply(%2, %s) : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  func.return %3 : tensor<1x2x4x4xf32>
}
