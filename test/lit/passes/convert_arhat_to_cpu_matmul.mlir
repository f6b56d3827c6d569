// RUN: arhat-opt %s --split-input-file -p convert-arhat-to-cpu | filecheck %s

// A vector on the left is a matrix of one row.
// CHECK-LABEL: func.func @main
// CHECK: [[A:%.*]] = kernel.view(%a) : (tensor<3xf32>) -> tensor<1x3xf32>
// CHECK: [[Y:%.*]] = cpu.matmul([[A]], %b) {transpose_a = false, transpose_b = false} : (tensor<1x3xf32>, tensor<3x4xf32>) -> tensor<1x4xf32>
// CHECK: kernel.view([[Y]]) : (tensor<1x4xf32>) -> tensor<4xf32>
func.func @main(%a: tensor<3xf32>, %b: tensor<3x4xf32>) -> tensor<4xf32> {
  %y = arhat.matmul(%a, %b) {transpose_a = false, transpose_b = false} : (tensor<3xf32>, tensor<3x4xf32>) -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}

// -----

// One on the right changes places with the matrices, so that a bias still belongs to the columns.
// CHECK-LABEL: func.func @main
// CHECK: [[B:%.*]] = kernel.view(%b) : (tensor<3xf32>) -> tensor<1x3xf32>
// CHECK: [[Y:%.*]] = cpu.matmul([[B]], %a) {transpose_a = false, transpose_b = true} : (tensor<1x3xf32>, tensor<2x4x3xf32>) -> tensor<2x1x4xf32>
// CHECK: kernel.view([[Y]]) : (tensor<2x1x4xf32>) -> tensor<2x4xf32>
func.func @main(%a: tensor<2x4x3xf32>, %b: tensor<3xf32>) -> tensor<2x4xf32> {
  %y = arhat.matmul(%a, %b) {transpose_a = false, transpose_b = false} : (tensor<2x4x3xf32>, tensor<3xf32>) -> tensor<2x4xf32>
  func.return %y : tensor<2x4xf32>
}

// -----

// Integers have a kernel of their own; f64 is computed in f32, as OpenVINO's CPU does.
// CHECK-LABEL: func.func @main
// CHECK: kernel.matmul(%a, %a) {transpose_a = false, transpose_b = true} : (tensor<2x3xi32>, tensor<2x3xi32>) -> tensor<2x2xi32>
// CHECK: cpu.matmul({{%.*}}, {{%.*}}) {transpose_a = true, transpose_b = false} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<3x3xf32>
// CHECK: kernel.convert({{%.*}}) : (tensor<3x3xf32>) -> tensor<3x3xf64>
func.func @main(%a: tensor<2x3xi32>, %b: tensor<2x3xf64>) -> (tensor<2x2xi32>, tensor<3x3xf64>) {
  %0 = arhat.matmul(%a, %a) {transpose_a = false, transpose_b = true} : (tensor<2x3xi32>, tensor<2x3xi32>) -> tensor<2x2xi32>
  %1 = arhat.matmul(%b, %b) {transpose_a = true, transpose_b = false} : (tensor<2x3xf64>, tensor<2x3xf64>) -> tensor<3x3xf64>
  func.return %0, %1 : tensor<2x2xi32>, tensor<3x3xf64>
}
