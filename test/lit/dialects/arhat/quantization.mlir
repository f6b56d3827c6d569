// The text of every operation reads back as it was printed, in both forms.
//
// RUN: arhat-opt %s | arhat-opt | filecheck %s
// RUN: arhat-opt %s --print-op-generic | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @fake_quantize(
// CHECK-NEXT: %0 = arhat.fake_quantize(%x, %l, %h, %l, %h) {levels = 256} : (tensor<1x8x7x7xf32>, tensor<f32>, tensor<1x8x1x1xf32>, tensor<f32>, tensor<1x8x1x1xf32>) -> tensor<1x8x7x7xf32>
func.func @fake_quantize(%x: tensor<1x8x7x7xf32>, %l: tensor<f32>, %h: tensor<1x8x1x1xf32>) {
  %0 = arhat.fake_quantize(%x, %l, %h, %l, %h) {levels = 256} : (tensor<1x8x7x7xf32>, tensor<f32>, tensor<1x8x1x1xf32>, tensor<f32>, tensor<1x8x1x1xf32>) -> tensor<1x8x7x7xf32>
  func.return
}

// CHECK-LABEL: func.func @broadcast_of_the_input(
// CHECK-NEXT: -> tensor<3x5xf32>
func.func @broadcast_of_the_input(%x: tensor<5xf32>, %l: tensor<f32>, %h: tensor<3x1xf32>) {
  %0 = arhat.fake_quantize(%x, %l, %h, %l, %h) {levels = 2} : (tensor<5xf32>, tensor<f32>, tensor<3x1xf32>, tensor<f32>, tensor<3x1xf32>) -> tensor<3x5xf32>
  func.return
}
