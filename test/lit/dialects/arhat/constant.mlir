// The text of every operation reads back as it was printed, in both forms.
//
// RUN: arhat-opt %s | arhat-opt | filecheck %s
// RUN: arhat-opt %s --print-op-generic | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @convert(
// CHECK-NEXT: %0 = arhat.convert(%x) {to = f32} : (tensor<2x3xf16>) -> tensor<2x3xf32>
func.func @convert(%x: tensor<2x3xf16>) {
  %0 = arhat.convert(%x) {to = f32} : (tensor<2x3xf16>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @weight(
// CHECK-NEXT: %0 = arhat.constant() {value = #arhat.weight<"model"::"conv1/weights@128">} : () -> tensor<8x3x3x3xf32>
func.func @weight() {
  %0 = arhat.constant() {value = #arhat.weight<"model"::"conv1/weights@128">} : () -> tensor<8x3x3x3xf32>
  func.return
}

// CHECK-LABEL: func.func @floats(
// CHECK-NEXT: %0 = arhat.constant() {value = dense<[1.000000e-01, -2.000000e+00, 1.000000e-09]> : tensor<3xf32>} : () -> tensor<3xf32>
func.func @floats() {
  %0 = arhat.constant() {value = dense<[1.000000e-01, -2.000000e+00, 1.000000e-09]> : tensor<3xf32>} : () -> tensor<3xf32>
  func.return
}

// CHECK-LABEL: func.func @integers(
// CHECK-NEXT: %0 = arhat.constant() {value = dense<[1, -2]> : tensor<2xi8>} : () -> tensor<2xi8>
func.func @integers() {
  %0 = arhat.constant() {value = dense<[1, -2]> : tensor<2xi8>} : () -> tensor<2xi8>
  func.return
}

// CHECK-LABEL: func.func @unsigned(
// CHECK-NEXT: %0 = arhat.constant() {value = dense<255> : tensor<1xui8>} : () -> tensor<1xui8>
func.func @unsigned() {
  %0 = arhat.constant() {value = dense<255> : tensor<1xui8>} : () -> tensor<1xui8>
  func.return
}

// CHECK-LABEL: func.func @booleans(
// CHECK-NEXT: %0 = arhat.constant() {value = dense<[true, false]> : tensor<2xi1>} : () -> tensor<2xi1>
func.func @booleans() {
  %0 = arhat.constant() {value = dense<[true, false]> : tensor<2xi1>} : () -> tensor<2xi1>
  func.return
}

// CHECK-LABEL: func.func @scalar(
// CHECK-NEXT: %0 = arhat.constant() {value = dense<7> : tensor<i64>} : () -> tensor<i64>
func.func @scalar() {
  %0 = arhat.constant() {value = dense<7> : tensor<i64>} : () -> tensor<i64>
  func.return
}

// CHECK-LABEL: func.func @empty(
// CHECK-NEXT: %0 = arhat.constant() {value = dense<> : tensor<0x2xf32>} : () -> tensor<0x2xf32>
func.func @empty() {
  %0 = arhat.constant() {value = dense<> : tensor<0x2xf32>} : () -> tensor<0x2xf32>
  func.return
}

// CHECK-LABEL: func.func @halves(
// CHECK-NEXT: %0 = arhat.constant() {value = dense<[9.997560e-02, 6.550400e+04]> : tensor<2xf16>} : () -> tensor<2xf16>
func.func @halves() {
  %0 = arhat.constant() {value = dense<[9.997560e-02, 6.550400e+04]> : tensor<2xf16>} : () -> tensor<2xf16>
  func.return
}
