// RUN: arhat-opt %s -p fuse-residual-add | filecheck %s

// The other operand of the add, on either side, becomes the residual.
// CHECK-LABEL: func.func @residual
// CHECK: [[Y:%.*]] = arhat.convolution(%x, {{%[0-9a-z]+}}, residual = %r) {{.*}}arhat.layers = [#arhat.layer<"conv", 6>, #arhat.layer<"add", 7>]}
// CHECK-NEXT: func.return [[Y]]
func.func @residual(%x: tensor<1x2x4x4xf32>, %r: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1, arhat.layers = [#arhat.layer<"conv", 6>]} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.add(%r, %0) {arhat.layers = [#arhat.layer<"add", 7>]} : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %1 : tensor<1x2x4x4xf32>
}

// The fused convolution stands where both operands are known: at the add.
// CHECK-LABEL: func.func @placed_at_the_add
// CHECK: [[P:%.*]] = arhat.max_pool(%x)
// CHECK-NEXT: arhat.convolution(%x, {{%[0-9a-z]+}}, residual = [[P]])
// CHECK-NEXT: func.return
func.func @placed_at_the_add(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.max_pool(%x) {kernel = [3, 3], strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], rounding = "floor"} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %2 = arhat.add(%0, %1) : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %2 : tensor<1x2x4x4xf32>
}

// Of two convolutions, the later one takes the result of the earlier one.
// CHECK-LABEL: func.func @later_one
// CHECK: [[A:%.*]] = arhat.convolution(%x
// CHECK-NEXT: arhat.convolution(%y, {{%[0-9a-z]+}}, residual = [[A]])
// CHECK-NEXT: func.return
func.func @later_one(%x: tensor<1x2x4x4xf32>, %y: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.convolution(%y, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %2 = arhat.add(%1, %0) : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %2 : tensor<1x2x4x4xf32>
}

// A sum of three convolutions: each add finds one that has no residual yet.
// CHECK-LABEL: func.func @sum_of_three
// CHECK: [[A:%.*]] = arhat.convolution(%x, {{%[0-9a-z]+}}) {
// CHECK: [[B:%.*]] = arhat.convolution(%x, {{%[0-9a-z]+}}, residual = [[A]])
// CHECK: arhat.convolution(%x, {{%[0-9a-z]+}}, residual = [[B]])
// CHECK-NEXT: func.return
func.func @sum_of_three(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %2 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %3 = arhat.add(%0, %1) : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %4 = arhat.add(%3, %2) : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %4 : tensor<1x2x4x4xf32>
}

// The activation comes before the sum: so it does in the fused convolution.
// CHECK-LABEL: func.func @activation
// CHECK: [[Y:%.*]] = arhat.convolution(%x, {{%[0-9a-z]+}}, residual = %x) {{.*}}activation = #arhat.activation<relu>, residual_after_activation = true}
// CHECK-NEXT: func.return [[Y]]
func.func @activation(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1, activation = #arhat.activation<relu>} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.add(%0, %x) : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %1 : tensor<1x2x4x4xf32>
}

// There is a residual already.
// CHECK-LABEL: func.func @has_residual
// CHECK: arhat.convolution(%x, {{%[0-9a-z]+}}, residual = %x)
// CHECK: arhat.add
func.func @has_residual(%x: tensor<1x2x4x4xf32>, %r: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %0 = arhat.convolution(%x, %w, residual = %x) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.add(%0, %r) : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %1 : tensor<1x2x4x4xf32>
}

// The other operand is computed from the convolution, which then has two users.
// CHECK-LABEL: func.func @depends
// CHECK: arhat.convolution(%x, {{%[0-9a-z]+}}) {
// CHECK: arhat.sigmoid
// CHECK: arhat.add
func.func @depends(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.sigmoid(%0) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %2 = arhat.add(%0, %1) : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %2 : tensor<1x2x4x4xf32>
}

// A convolution added to itself.
// CHECK-LABEL: func.func @doubled
// CHECK: arhat.convolution(%x, {{%[0-9a-z]+}}) {
// CHECK: arhat.add
func.func @doubled(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.add(%0, %0) : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %1 : tensor<1x2x4x4xf32>
}

// The other operand is broadcast.
// CHECK-LABEL: func.func @broadcast
// CHECK: arhat.convolution(%x, {{%[0-9a-z]+}}) {
// CHECK: arhat.add
func.func @broadcast(%x: tensor<1x2x4x4xf32>, %r: tensor<1x2x1x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.add(%0, %r) : (tensor<1x2x4x4xf32>, tensor<1x2x1x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %1 : tensor<1x2x4x4xf32>
}
