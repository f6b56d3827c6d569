// RUN: echo '{"arhat-tactics": 1, "cudnn": "9.24.0", "device": "NVIDIA H200", "sm": 90, "graphs": {"64e1755804e9ecf9": {"plan": "eng4_k24=3", "microseconds": 12.48, "workspace": 0}, "0000000000000000": {"plan": "eng1", "microseconds": 1, "workspace": 0}}}' > %t.json
// RUN: arhat-opt %s -p 'select-engines{tactics="%t.json"}' | filecheck %s
// RUN: arhat-opt %s -p select-engines | filecheck %s --check-prefix NONE

// The first graph is in the file, the second is not.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[A:%.*]] = cudnn.graph(%x) {math = "any", plan = "eng4_k24=3"}
// CHECK: [[B:%.*]] = cudnn.graph([[A]]) {math = "any"}

// NONE-NOT: plan
func.func @main(%x: tensor<1x8x4x4xf16>) -> tensor<1x8x2x2xf16> {
  %0 = cudnn.graph(%x) {math = "any"} ({
  ^bb0(%1: tensor<1x8x4x4xf16>):
    %2 = cudnn.resample(%1) {mode = "max", window = [3, 3], strides = [1, 1], pads = [1, 1, 1, 1]} : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16>
    cudnn.yield %2 : tensor<1x8x4x4xf16>
  }) : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16>
  %3 = cudnn.graph(%0) {math = "any"} ({
  ^bb1(%4: tensor<1x8x4x4xf16>):
    %5 = cudnn.resample(%4) {mode = "max", window = [2, 2], strides = [2, 2], pads = [0, 0, 0, 0]} : (tensor<1x8x4x4xf16>) -> tensor<1x8x2x2xf16>
    cudnn.yield %5 : tensor<1x8x2x2xf16>
  }) : (tensor<1x8x4x4xf16>) -> tensor<1x8x2x2xf16>
  func.return %3 : tensor<1x8x2x2xf16>
}
