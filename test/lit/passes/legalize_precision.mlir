// RUN: arhat-opt %s -p legalize-precision | filecheck %s

// Every operation works on f32; its result is rounded where it may not be a 16-bit float, and what chooses is exact.
// CHECK-LABEL: func.func @main
// CHECK: [[X:%.*]] = arhat.convert(%x) {to = f32} : (tensor<1x2xf16>) -> tensor<1x2xf32>
// CHECK-NEXT: [[E:%.*]] = arhat.exp([[X]]) : (tensor<1x2xf32>) -> tensor<1x2xf32>
// CHECK-NEXT: [[H:%.*]] = arhat.convert([[E]]) {to = f16} : (tensor<1x2xf32>) -> tensor<1x2xf16>
// CHECK-NEXT: [[F:%.*]] = arhat.convert([[H]]) {to = f32} : (tensor<1x2xf16>) -> tensor<1x2xf32>
// CHECK-NEXT: [[C:%.*]] = arhat.concat([[F]], [[X]]) {axis = 1} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
// CHECK-NEXT: [[S:%.*]] = arhat.sigmoid([[C]]) : (tensor<1x4xf32>) -> tensor<1x4xf32>
// CHECK-NEXT: [[T:%.*]] = arhat.convert([[S]]) {to = f16} : (tensor<1x4xf32>) -> tensor<1x4xf16>
// CHECK-NEXT: func.return [[T]]
func.func @main(%x: tensor<1x2xf16>) -> tensor<1x4xf16> {
  %0 = arhat.exp(%x) : (tensor<1x2xf16>) -> tensor<1x2xf16>
  %1 = arhat.concat(%0, %x) {axis = 1} : (tensor<1x2xf16>, tensor<1x2xf16>) -> tensor<1x4xf16>
  %2 = arhat.sigmoid(%1) : (tensor<1x4xf16>) -> tensor<1x4xf16>
  func.return %2 : tensor<1x4xf16>
}
