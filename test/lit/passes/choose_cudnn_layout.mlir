// RUN: arhat-opt %s --split-input-file -p choose-cudnn-layout | filecheck %s

// An image of three channels gets to NHWC, to 16 bits and to eight channels in one transform; the filter is padded with
// zeros; the bias needs no other bytes. What is returned is dense.
// CHECK-LABEL: func.func @main
// CHECK: [[W:%.*]] = arhat.constant() {value = #arhat.weight<"derived"::"pad">} : () -> tensor<64x8x3x3xf16, #kernel.nhwc<8>>
// CHECK: [[B:%.*]] = arhat.constant(){{.*}} -> tensor<1x64x1x1xf32, #kernel.nhwc<64>>
// CHECK: [[X:%.*]] = cudnn.transform(%x) : (tensor<1x3x8x8xf32>) -> tensor<1x8x8x8xf16, #kernel.nhwc<8>>
// CHECK: [[C:%.*]] = cudnn.conv_fprop([[X]], [[W]]) {{.*}} -> tensor<1x64x8x8xf32, #kernel.nhwc<64>>
// CHECK: [[D:%.*]] = cudnn.pointwise([[C]], b = [[B]]) {{.*}} -> tensor<1x64x8x8xf32, #kernel.nhwc<64>>
// CHECK: [[E:%.*]] = cudnn.pointwise([[D]]) {{.*}} -> tensor<1x64x8x8xf16, #kernel.nhwc<64>>
// CHECK: [[F:%.*]] = cudnn.transform([[E]]) : (tensor<1x64x8x8xf16, #kernel.nhwc<64>>) -> tensor<1x64x8x8xf32>
// CHECK: func.return [[F]]
func.func @main(%x: tensor<1x3x8x8xf32>) -> tensor<1x64x8x8xf32> attributes {cudnn.math = "any"} {
  %w = arhat.constant() {value = dense<1.0> : tensor<64x3x3x3xf16>} : () -> tensor<64x3x3x3xf16>
  %b = arhat.constant() {value = dense<1.0> : tensor<1x64x1x1xf32>} : () -> tensor<1x64x1x1xf32>
  %0 = kernel.convert(%x) : (tensor<1x3x8x8xf32>) -> tensor<1x3x8x8xf16>
  %1 = cudnn.conv_fprop(%0, %w) {strides = [1, 1], pads = [1, 1, 1, 1], dilations = [1, 1], groups = 1} : (tensor<1x3x8x8xf16>, tensor<64x3x3x3xf16>) -> tensor<1x64x8x8xf32>
  %2 = cudnn.pointwise(%1, b = %b) {mode = "add"} : (tensor<1x64x8x8xf32>, tensor<1x64x1x1xf32>) -> tensor<1x64x8x8xf32>
  %3 = cudnn.pointwise(%2) {mode = "relu_fwd"} : (tensor<1x64x8x8xf32>) -> tensor<1x64x8x8xf16>
  %4 = kernel.convert(%3) : (tensor<1x64x8x8xf16>) -> tensor<1x64x8x8xf32>
  func.return %4 : tensor<1x64x8x8xf32>
}

// -----

// In strict f32 nothing moves: convolutions work on NCHW, the rest follows.
// CHECK-LABEL: func.func @main
// CHECK-NOT: kernel.nhwc
// CHECK-NOT: cudnn.transform
func.func @main(%x: tensor<1x3x8x8xf32>, %w: tensor<8x3x3x3xf32>) -> tensor<1x8x4x4xf32> attributes {cudnn.math = "strict"} {
  %0 = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [1, 1, 1, 1], dilations = [1, 1], groups = 1} : (tensor<1x3x8x8xf32>, tensor<8x3x3x3xf32>) -> tensor<1x8x8x8xf32>
  %1 = cudnn.resample(%0) {mode = "max", window = [2, 2], strides = [2, 2], pads = [0, 0, 0, 0]} : (tensor<1x8x8x8xf32>) -> tensor<1x8x4x4xf32>
  func.return %1 : tensor<1x8x4x4xf32>
}

// -----

// A filter that is computed at run time gets its layout by a transform; in TF32 four channels are enough, which it has.
// CHECK-LABEL: func.func @main
// CHECK: [[X:%.*]] = cudnn.transform(%x) : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32, #kernel.nhwc<4>>
// CHECK: [[W:%.*]] = cudnn.transform(%w) : (tensor<8x4x3x3xf32>) -> tensor<8x4x3x3xf32, #kernel.nhwc<4>>
// CHECK: cudnn.conv_fprop([[X]], [[W]])
func.func @main(%x: tensor<1x4x8x8xf32>, %w: tensor<8x4x3x3xf32>) -> tensor<1x8x8x8xf32> attributes {cudnn.math = "tf32"} {
  %0 = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [1, 1, 1, 1], dilations = [1, 1], groups = 1} : (tensor<1x4x8x8xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x8x8xf32>
  func.return %0 : tensor<1x8x8x8xf32>
}

// -----

// The head of a detector: its transposition to NHWC is a view; one pixel is a view as well.
// CHECK-LABEL: func.func @main
// CHECK: [[C:%.*]] = cudnn.conv_fprop
// CHECK-NEXT: [[V:%.*]] = kernel.view([[C]]) : (tensor<1x16x4x4xf16, #kernel.nhwc<16>>) -> tensor<1x4x4x16xf16>
// CHECK-NEXT: [[R:%.*]] = kernel.view([[V]]) : (tensor<1x4x4x16xf16>) -> tensor<1x256xf16>
// CHECK-NEXT: [[P:%.*]] = cudnn.resample([[C]])
// CHECK-NEXT: [[Q:%.*]] = kernel.view([[P]]) : (tensor<1x16x1x1xf16, #kernel.nhwc<16>>) -> tensor<1x16x1x1xf16>
// CHECK-NEXT: func.return [[R]], [[Q]]
func.func @main(%x: tensor<1x8x4x4xf16>, %w: tensor<16x8x1x1xf16>) -> (tensor<1x256xf16>, tensor<1x16x1x1xf16>) attributes {cudnn.math = "any"} {
  %0 = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf16>, tensor<16x8x1x1xf16>) -> tensor<1x16x4x4xf16>
  %1 = kernel.transpose(%0) {perm = [0, 2, 3, 1]} : (tensor<1x16x4x4xf16>) -> tensor<1x4x4x16xf16>
  %2 = kernel.view(%1) : (tensor<1x4x4x16xf16>) -> tensor<1x256xf16>
  %3 = cudnn.resample(%0) {mode = "avg_include", window = [4, 4], strides = [1, 1], pads = [0, 0, 0, 0]} : (tensor<1x16x4x4xf16>) -> tensor<1x16x1x1xf16>
  func.return %2, %3 : tensor<1x256xf16>, tensor<1x16x1x1xf16>
}

// -----

// A model that takes NHWC: the transposition at its begin is a view, and padding is all that is left.
// CHECK-LABEL: func.func @main
// CHECK: [[V:%.*]] = kernel.view(%x) : (tensor<1x8x8x3xf16>) -> tensor<1x3x8x8xf16, #kernel.nhwc<3>>
// CHECK-NEXT: [[P:%.*]] = cudnn.transform([[V]]) : (tensor<1x3x8x8xf16, #kernel.nhwc<3>>) -> tensor<1x8x8x8xf16, #kernel.nhwc<8>>
// CHECK-NEXT: cudnn.conv_fprop([[P]]
func.func @main(%x: tensor<1x8x8x3xf16>) -> tensor<1x8x8x8xf16> attributes {cudnn.math = "any"} {
  %w = arhat.constant() {value = dense<1.0> : tensor<8x3x1x1xf16>} : () -> tensor<8x3x1x1xf16>
  %0 = kernel.transpose(%x) {perm = [0, 3, 1, 2]} : (tensor<1x8x8x3xf16>) -> tensor<1x3x8x8xf16>
  %1 = cudnn.conv_fprop(%0, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x3x8x8xf16>, tensor<8x3x1x1xf16>) -> tensor<1x8x8x8xf16>
  func.return %1 : tensor<1x8x8x8xf16>
}

// -----

// Both parts of a concatenation are written where they belong: pixels are as far apart as in the whole.
// CHECK-LABEL: func.func @main
// CHECK: [[A:%.*]] = cudnn.conv_fprop({{.*}} -> tensor<1x8x4x4xf16, #kernel.nhwc<24>>
// CHECK: [[B:%.*]] = cudnn.conv_fprop({{.*}} -> tensor<1x16x4x4xf16, #kernel.nhwc<24>>
// CHECK: [[C:%.*]] = kernel.concat_in_place([[A]], [[B]]) {axis = 1} : {{.*}} -> tensor<1x24x4x4xf16, #kernel.nhwc<24>>
// CHECK: cudnn.conv_fprop([[C]]
func.func @main(%x: tensor<1x8x4x4xf16>, %v: tensor<8x8x1x1xf16>, %w: tensor<16x8x1x1xf16>, %u: tensor<8x24x1x1xf16>) -> tensor<1x8x4x4xf16> attributes {cudnn.math = "any"} {
  %0 = cudnn.conv_fprop(%x, %v) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf16>, tensor<8x8x1x1xf16>) -> tensor<1x8x4x4xf16>
  %1 = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf16>, tensor<16x8x1x1xf16>) -> tensor<1x16x4x4xf16>
  %2 = kernel.concat(%0, %1) {axis = 1} : (tensor<1x8x4x4xf16>, tensor<1x16x4x4xf16>) -> tensor<1x24x4x4xf16>
  %3 = cudnn.conv_fprop(%2, %u) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x24x4x4xf16>, tensor<8x24x1x1xf16>) -> tensor<1x8x4x4xf16>
  func.return %3 : tensor<1x8x4x4xf16>
}

// -----

// Twelve channels of eight bits are a multiple of four: no copy is made to have sixteen.
// CHECK-LABEL: func.func @main
// CHECK: [[A:%.*]] = cudnn.pointwise({{.*}} -> tensor<1x12x4x4xi8, #kernel.nhwc<12>>
// CHECK-NEXT: cudnn.conv_fprop([[A]]
func.func @main(%x: tensor<1x16x4x4xi8>) -> tensor<1x8x4x4xf32> attributes {cudnn.math = "strict"} {
  %v = arhat.constant() {value = dense<1> : tensor<12x16x1x1xi8>} : () -> tensor<12x16x1x1xi8>
  %w = arhat.constant() {value = dense<1> : tensor<8x12x1x1xi8>} : () -> tensor<8x12x1x1xi8>
  %0 = cudnn.conv_fprop(%x, %v) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x16x4x4xi8>, tensor<12x16x1x1xi8>) -> tensor<1x12x4x4xi32>
  %1 = cudnn.pointwise(%0) {mode = "relu_fwd"} : (tensor<1x12x4x4xi32>) -> tensor<1x12x4x4xi8>
  %2 = cudnn.conv_fprop(%1, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x12x4x4xi8>, tensor<8x12x1x1xi8>) -> tensor<1x8x4x4xf32>
  func.return %2 : tensor<1x8x4x4xf32>
}
