// RUN: arhat-opt %s -p choose-layout --split-input-file | filecheck %s

// A model input of three channels is copied once, with the border that the convolution reads; pixels are padded to whole
// vectors; the border of a result is what its readers need.
// CHECK-LABEL: func.func @main
// CHECK: [[X:%.*]] = kernel.reorder(%x) : (tensor<1x3x8x8xf32>) -> tensor<1x3x8x8xf32, #kernel.nhwc<3, halo = [1, 1, 1, 1]>>
// CHECK: [[Y:%.*]] = cpu.conv([[X]], {{.*}}-> tensor<1x8x8x8xf32, #kernel.nhwc<16, halo = [2, 2, 2, 2]>>
// CHECK: cpu.conv([[Y]], {{.*}}-> tensor<1x8x8x8xf32, #kernel.nhwc<16>>
// CHECK: [[Z:%.*]] = kernel.reorder({{.*}}-> tensor<1x8x8x8xf32>
// CHECK: func.return [[Z]]
func.func @main(%x: tensor<1x3x8x8xf32>, %w: tensor<8x3x3x3xf32>, %v: tensor<8x8x5x5xf32>) -> tensor<1x8x8x8xf32> {
  %0 = cpu.conv(%x, %w) {strides = [1, 1], pads = [1, 1, 1, 1], dilations = [1, 1], groups = 1, kernel = [3, 3]} : (tensor<1x3x8x8xf32>, tensor<8x3x3x3xf32>) -> tensor<1x8x8x8xf32>
  %1 = cpu.conv(%0, %v) {strides = [1, 1], pads = [2, 2, 2, 2], dilations = [1, 1], groups = 1, kernel = [5, 5]} : (tensor<1x8x8x8xf32>, tensor<8x8x5x5xf32>) -> tensor<1x8x8x8xf32>
  func.return %1 : tensor<1x8x8x8xf32>
}

// -----

// A transposition to NHWC after a convolution is a view of dense pixels; what follows is dense.
// CHECK-LABEL: func.func @main
// CHECK: [[Y:%.*]] = cpu.conv({{.*}}-> tensor<1x6x4x4xf32, #kernel.nhwc<6>>
// CHECK: [[V:%.*]] = kernel.view([[Y]]) : (tensor<1x6x4x4xf32, #kernel.nhwc<6>>) -> tensor<1x4x4x6xf32>
// CHECK: kernel.view([[V]]) : (tensor<1x4x4x6xf32>) -> tensor<1x96xf32>
// CHECK-NOT: kernel.transpose
func.func @main(%x: tensor<1x3x4x4xf32>, %w: tensor<6x3x1x1xf32>) -> tensor<1x96xf32> {
  %0 = cpu.conv(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [1, 1]} : (tensor<1x3x4x4xf32>, tensor<6x3x1x1xf32>) -> tensor<1x6x4x4xf32>
  %1 = kernel.transpose(%0) {perm = [0, 2, 3, 1]} : (tensor<1x6x4x4xf32>) -> tensor<1x4x4x6xf32>
  %2 = kernel.view(%1) : (tensor<1x4x4x6xf32>) -> tensor<1x96xf32>
  func.return %2 : tensor<1x96xf32>
}

// -----

// The parts of a concatenation are written in place: they have the pixels and the border of the whole. A part that comes
// twice is copied to its second place.
// CHECK-LABEL: func.func @main
// CHECK: [[A:%.*]] = cpu.conv({{.*}}-> tensor<1x8x4x4xf32, #kernel.nhwc<48>>
// CHECK: [[B:%.*]] = cpu.conv({{.*}}-> tensor<1x24x4x4xf32, #kernel.nhwc<48>>
// CHECK: [[C:%.*]] = kernel.reorder([[A]]) : (tensor<1x8x4x4xf32, #kernel.nhwc<48>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<48>>
// CHECK: kernel.concat_in_place([[A]], [[B]], [[C]]) {axis = 1}
func.func @main(%x: tensor<1x3x4x4xf32>, %w: tensor<8x3x1x1xf32>, %v: tensor<24x3x1x1xf32>) -> tensor<1x40x4x4xf32> {
  %0 = cpu.conv(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [1, 1]} : (tensor<1x3x4x4xf32>, tensor<8x3x1x1xf32>) -> tensor<1x8x4x4xf32>
  %1 = cpu.conv(%x, %v) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [1, 1]} : (tensor<1x3x4x4xf32>, tensor<24x3x1x1xf32>) -> tensor<1x24x4x4xf32>
  %2 = kernel.concat(%0, %1, %0) {axis = 1} : (tensor<1x8x4x4xf32>, tensor<1x24x4x4xf32>, tensor<1x8x4x4xf32>) -> tensor<1x40x4x4xf32>
  func.return %2 : tensor<1x40x4x4xf32>
}

// -----

// 512 floats from pixel to pixel would share cache sets: the distance is 528. One pixel alone needs none.
// CHECK-LABEL: func.func @main
// CHECK: cpu.conv({{.*}}-> tensor<1x512x4x4xf32, #kernel.nhwc<528>>
// CHECK: cpu.max_pool({{.*}}-> tensor<1x512x1x1xf32, #kernel.nhwc<512>>
func.func @main(%x: tensor<1x3x4x4xf32>, %w: tensor<512x3x1x1xf32>) -> tensor<1x512x1x1xf32> {
  %0 = cpu.conv(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [1, 1]} : (tensor<1x3x4x4xf32>, tensor<512x3x1x1xf32>) -> tensor<1x512x4x4xf32>
  %1 = cpu.max_pool(%0) {kernel = [4, 4], strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1]} : (tensor<1x512x4x4xf32>) -> tensor<1x512x1x1xf32>
  func.return %1 : tensor<1x512x1x1xf32>
}

// -----

// A gather, a top-k and a reshape work on dense values: the image is copied once for all of them.
// CHECK-LABEL: func.func @main
// CHECK: [[Y:%.*]] = cpu.conv({{.*}}-> tensor<1x8x4x4xf32, #kernel.nhwc<16>>
// CHECK: [[D:%.*]] = kernel.reorder([[Y]]) : (tensor<1x8x4x4xf32, #kernel.nhwc<16>>) -> tensor<1x8x4x4xf32>
// CHECK: kernel.gather([[D]], %i)
// CHECK: kernel.topk([[D]])
// CHECK: kernel.reshape([[D]])
// CHECK-NOT: kernel.reorder
func.func @main(%x: tensor<1x3x4x4xf32>, %w: tensor<8x3x1x1xf32>, %i: tensor<2xi64>) -> (tensor<1x8x2x4xf32>, tensor<1x2x4x4xf32>, tensor<1x2x4x4xi32>, tensor<128xf32>) {
  %0 = cpu.conv(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, kernel = [1, 1]} : (tensor<1x3x4x4xf32>, tensor<8x3x1x1xf32>) -> tensor<1x8x4x4xf32>
  %1 = kernel.gather(%0, %i) {axis = 2, batch_dims = 0} : (tensor<1x8x4x4xf32>, tensor<2xi64>) -> tensor<1x8x2x4xf32>
  %2, %3 = kernel.topk(%0) {axis = 1, k = 2, mode = "max", sort = "value", index_type = "i32"} : (tensor<1x8x4x4xf32>) -> (tensor<1x2x4x4xf32>, tensor<1x2x4x4xi32>)
  %4 = kernel.reshape(%0) : (tensor<1x8x4x4xf32>) -> tensor<128xf32>
  func.return %1, %2, %3, %4 : tensor<1x8x2x4xf32>, tensor<1x2x4x4xf32>, tensor<1x2x4x4xi32>, tensor<128xf32>
}
