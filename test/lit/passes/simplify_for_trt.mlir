// RUN: arhat-opt %s -p simplify-for-trt --split-input-file | filecheck %s

// Of casts in a chain the first goes where its type holds all values of the one before.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[A:%.*]] = trt.cast(%b) : (tensor<4xui8>) -> tensor<4xf16>
// CHECK-NEXT: [[C:%.*]] = trt.cast(%b) : (tensor<4xui8>) -> tensor<4xf32>
// CHECK-NEXT: [[D:%.*]] = trt.cast([[C]]) : (tensor<4xf32>) -> tensor<4xbf16>
// CHECK-NEXT: [[E:%.*]] = trt.cast(%x) : (tensor<4xf32>) -> tensor<4xf16>
// CHECK-NEXT: [[F:%.*]] = trt.cast([[E]]) : (tensor<4xf16>) -> tensor<4xf32>
// CHECK-NEXT: [[G:%.*]] = trt.cast([[E]]) : (tensor<4xf16>) -> tensor<4xi32>
// CHECK-NEXT: [[H:%.*]] = trt.cast([[C]]) : (tensor<4xf32>) -> tensor<4xi32>
// CHECK-NEXT: func.return [[A]], [[D]], [[F]], [[G]], [[E]], [[H]]
func.func @main(%x: tensor<4xf32>, %b: tensor<4xui8>) -> (tensor<4xf16>, tensor<4xbf16>, tensor<4xf32>, tensor<4xi32>, tensor<4xf16>, tensor<4xi32>) {
  %0 = trt.cast(%b) : (tensor<4xui8>) -> tensor<4xf32>
  %1 = trt.cast(%0) : (tensor<4xf32>) -> tensor<4xf16>
  %2 = trt.cast(%b) : (tensor<4xui8>) -> tensor<4xf32>
  %3 = trt.cast(%2) : (tensor<4xf32>) -> tensor<4xbf16>
  %4 = trt.cast(%x) : (tensor<4xf32>) -> tensor<4xf16>
  %5 = trt.cast(%4) : (tensor<4xf16>) -> tensor<4xf32>
  %6 = trt.cast(%5) : (tensor<4xf32>) -> tensor<4xi32>
  %7 = trt.cast(%5) : (tensor<4xf32>) -> tensor<4xf16>
  %8 = trt.cast(%2) : (tensor<4xf32>) -> tensor<4xi32>
  func.return %1, %3, %5, %6, %7, %8 : tensor<4xf16>, tensor<4xbf16>, tensor<4xf32>, tensor<4xi32>, tensor<4xf16>, tensor<4xi32>
}

// -----

// A slice of everything goes, others stay.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[A:%.*]] = trt.slice(%x) {starts = [0, 1], sizes = [1, 2]
// CHECK-NEXT: [[B:%.*]] = trt.slice(%x) {starts = [0, 3], sizes = [1, 4]
// CHECK-NEXT: trt.concatenation([[A]], [[B]], %x)
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x10xf32> {
  %0 = trt.slice(%x) {starts = [0, 0], sizes = [1, 4], strides = [5, 1], mode = "strict_bounds"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %1 = trt.slice(%0) {starts = [0, 1], sizes = [1, 2], strides = [1, 1], mode = "strict_bounds"} : (tensor<1x4xf32>) -> tensor<1x2xf32>
  %2 = trt.slice(%0) {starts = [0, 3], sizes = [1, 4], strides = [1, -1], mode = "strict_bounds"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %3 = trt.concatenation(%1, %2, %0) {axis = 1} : (tensor<1x2xf32>, tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x10xf32>
  func.return %3 : tensor<1x10xf32>
}

// -----

// Equal constants are one; what was dequantised with a scale and is quantised with it again is what it was.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: %c = arhat.constant() {value = dense<2.500000e-01> : tensor<f32>}
// CHECK-NEXT: [[S:%.*]] = trt.constant(%c)
// CHECK-NEXT: [[D:%.*]] = arhat.constant() {value = dense<5.000000e-01> : tensor<f32>}
// CHECK-NEXT: [[T:%.*]] = trt.constant([[D]])
// CHECK-NEXT: [[Q:%.*]] = trt.quantize(%x, [[S]])
// CHECK-NEXT: [[F:%.*]] = trt.dequantize([[Q]], [[S]])
// CHECK-NEXT: [[P:%.*]] = trt.quantize([[F]], [[T]])
// CHECK-NEXT: trt.concatenation([[Q]], [[P]])
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x8xf32> {
  %c = arhat.constant() {value = dense<0.25> : tensor<f32>} : () -> tensor<f32>
  %0 = trt.constant(%c) : (tensor<f32>) -> tensor<f32>
  %d = arhat.constant() {value = dense<0.25> : tensor<f32>} : () -> tensor<f32>
  %1 = trt.constant(%d) : (tensor<f32>) -> tensor<f32>
  %e = arhat.constant() {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
  %2 = trt.constant(%e) : (tensor<f32>) -> tensor<f32>
  %3 = trt.quantize(%x, %0) : (tensor<1x4xf32>, tensor<f32>) -> tensor<1x4xi8>
  %4 = trt.dequantize(%3, %1) : (tensor<1x4xi8>, tensor<f32>) -> tensor<1x4xf32>
  %5 = trt.quantize(%4, %0) : (tensor<1x4xf32>, tensor<f32>) -> tensor<1x4xi8>
  %6 = trt.quantize(%4, %2) : (tensor<1x4xf32>, tensor<f32>) -> tensor<1x4xi8>
  %7 = trt.concatenation(%5, %6) {axis = 1} : (tensor<1x4xi8>, tensor<1x4xi8>) -> tensor<1x8xi8>
  %8 = trt.dequantize(%7, %1) : (tensor<1x8xi8>, tensor<f32>) -> tensor<1x8xf32>
  func.return %8 : tensor<1x8xf32>
}
