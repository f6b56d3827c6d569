// RUN: arhat-opt %s -p compose-region --split-input-file | filecheck %s

// CHECK-LABEL: func.func @main
// CHECK: %[[M:.*]] = arhat.constant() {{.*}} : () -> tensor<1x14x1x1xi1>
// CHECK: %[[S:.*]] = arhat.sigmoid(%x) : (tensor<2x14x3x3xf16>) -> tensor<2x14x3x3xf16>
// CHECK: arhat.select(%[[M]], %[[S]], %x)
// CHECK-NOT: region_yolo
func.func @main(%x: tensor<2x14x3x3xf16>) -> tensor<2x14x3x3xf16> {
  %0 = arhat.region_yolo(%x) {coords = 4, classes = 2, num = 9, mask = [3, 4], anchors = [], axis = 1, end_axis = 3, do_softmax = false} : (tensor<2x14x3x3xf16>) -> tensor<2x14x3x3xf16>
  func.return %0 : tensor<2x14x3x3xf16>
}

// -----

// Classes that go through softmax are left to the kernel.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: arhat.region_yolo(%x)
func.func @main(%x: tensor<1x14x2x2xf32>) -> tensor<1x56xf32> {
  %0 = arhat.region_yolo(%x) {coords = 4, classes = 2, num = 2, mask = [], anchors = [], axis = 1, end_axis = 3, do_softmax = true} : (tensor<1x14x2x2xf32>) -> tensor<1x56xf32>
  func.return %0 : tensor<1x56xf32>
}
