// RUN: arhat-opt %s -p simplify-for-trt --split-input-file | filecheck %s

// A transposition, a new shape and a transposition are one shuffle.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[Y:%.*]] = trt.shuffle(%x) {first_transpose = [0, 2, 3, 1], reshape = [1, 12, 2], second_transpose = [0, 2, 1], arhat.layers = [#arhat.layer<"c", 3>]} : (tensor<1x2x3x4xf32>) -> tensor<1x2x12xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @main(%x: tensor<1x2x3x4xf32>) -> tensor<1x2x12xf32> {
  %0 = trt.shuffle(%x) {first_transpose = [0, 2, 3, 1], arhat.layers = [#arhat.layer<"a", 1>]} : (tensor<1x2x3x4xf32>) -> tensor<1x3x4x2xf32>
  %1 = trt.shuffle(%0) {reshape = [1, -1, 2], arhat.layers = [#arhat.layer<"b", 2>]} : (tensor<1x3x4x2xf32>) -> tensor<1x12x2xf32>
  %2 = trt.shuffle(%1) {first_transpose = [0, 2, 1], arhat.layers = [#arhat.layer<"c", 3>]} : (tensor<1x12x2xf32>) -> tensor<1x2x12xf32>
  func.return %2 : tensor<1x2x12xf32>
}

// -----

// There and back is nothing, even though the first one has another use.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[T:%.*]] = trt.shuffle(%x) {first_transpose = [1, 0]}
// CHECK-NEXT: [[A:%.*]] = trt.activation(%x) {kind = "relu"}
// CHECK-NEXT: func.return [[T]], [[A]]
func.func @main(%x: tensor<2x3xf32>) -> (tensor<3x2xf32>, tensor<2x3xf32>) {
  %0 = trt.shuffle(%x) {first_transpose = [1, 0]} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %1 = trt.shuffle(%0) {second_transpose = [1, 0]} : (tensor<3x2xf32>) -> tensor<2x3xf32>
  %2 = trt.activation(%1) {kind = "relu"} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return %0, %2 : tensor<3x2xf32>, tensor<2x3xf32>
}

// -----

// New shapes around a transposition need two shuffles: the second takes the transposition.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[A:%.*]] = trt.shuffle(%x) {reshape = [1, 2, 3, 5], second_transpose = [0, 2, 1, 3]} : (tensor<1x6x5xf32>) -> tensor<1x3x2x5xf32>
// CHECK-NEXT: [[B:%.*]] = trt.shuffle([[A]]) {reshape = [1, 6, 5]} : (tensor<1x3x2x5xf32>) -> tensor<1x6x5xf32>
// CHECK-NEXT: func.return [[B]]
func.func @main(%x: tensor<1x6x5xf32>) -> tensor<1x6x5xf32> {
  %0 = trt.shuffle(%x) {reshape = [1, 2, 3, 5]} : (tensor<1x6x5xf32>) -> tensor<1x2x3x5xf32>
  %1 = trt.shuffle(%0) {first_transpose = [0, 2, 1, 3]} : (tensor<1x2x3x5xf32>) -> tensor<1x3x2x5xf32>
  %2 = trt.shuffle(%1) {reshape = [1, 6, 5]} : (tensor<1x3x2x5xf32>) -> tensor<1x6x5xf32>
  func.return %2 : tensor<1x6x5xf32>
}

// -----

// What does nothing goes, but not where the result of the network would be its input, or one result twice.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[A:%.*]] = trt.activation(%x) {kind = "relu"}
// CHECK-NEXT: [[B:%.*]] = trt.shuffle(%x) : (tensor<2x3xf32>)
// CHECK-NEXT: [[C:%.*]] = trt.shuffle([[A]]) : (tensor<2x3xf32>)
// CHECK-NEXT: func.return [[B]], [[A]], [[C]]
func.func @main(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) {
  %0 = trt.shuffle(%x) {first_transpose = [0, 1], reshape = [2, 3]} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = trt.activation(%0) {kind = "relu"} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = trt.shuffle(%x) {reshape = [2, 3]} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %3 = trt.shuffle(%1) {first_transpose = [0, 1]} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return %2, %1, %3 : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
}
