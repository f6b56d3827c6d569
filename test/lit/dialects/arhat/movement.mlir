// The text of every operation reads back as it was printed, in both forms.
//
// RUN: arhat-opt %s | arhat-opt | filecheck %s
// RUN: arhat-opt %s --print-op-generic | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @reshape(
// CHECK-NEXT: %0 = arhat.reshape(%x) {shape = [1, 512]} : (tensor<1x512x1x1xf32>) -> tensor<1x512xf32>
func.func @reshape(%x: tensor<1x512x1x1xf32>) {
  %0 = arhat.reshape(%x) {shape = [1, 512]} : (tensor<1x512x1x1xf32>) -> tensor<1x512xf32>
  func.return
}

// CHECK-LABEL: func.func @reshape_scalar(
// CHECK-NEXT: %0 = arhat.reshape(%x) {shape = []} : (tensor<1xf32>) -> tensor<f32>
func.func @reshape_scalar(%x: tensor<1xf32>) {
  %0 = arhat.reshape(%x) {shape = []} : (tensor<1xf32>) -> tensor<f32>
  func.return
}

// CHECK-LABEL: func.func @transpose(
// CHECK-NEXT: %0 = arhat.transpose(%x) {perm = [0, 2, 3, 1]} : (tensor<1x3x4x5xf32>) -> tensor<1x4x5x3xf32>
func.func @transpose(%x: tensor<1x3x4x5xf32>) {
  %0 = arhat.transpose(%x) {perm = [0, 2, 3, 1]} : (tensor<1x3x4x5xf32>) -> tensor<1x4x5x3xf32>
  func.return
}

// CHECK-LABEL: func.func @concat(
// CHECK-NEXT: %0 = arhat.concat(%x, %y) {axis = 1} : (tensor<1x2x4xf32>, tensor<1x3x4xf32>) -> tensor<1x5x4xf32>
func.func @concat(%x: tensor<1x2x4xf32>, %y: tensor<1x3x4xf32>) {
  %0 = arhat.concat(%x, %y) {axis = 1} : (tensor<1x2x4xf32>, tensor<1x3x4xf32>) -> tensor<1x5x4xf32>
  func.return
}

// CHECK-LABEL: func.func @slice(
// CHECK-NEXT: %0 = arhat.slice(%x) {starts = [1, 7], sizes = [1, 3], steps = [1, -2]} : (tensor<2x8xf32>) -> tensor<1x3xf32>
func.func @slice(%x: tensor<2x8xf32>) {
  %0 = arhat.slice(%x) {starts = [1, 7], sizes = [1, 3], steps = [1, -2]} : (tensor<2x8xf32>) -> tensor<1x3xf32>
  func.return
}

// CHECK-LABEL: func.func @gather(
// CHECK-NEXT: %0 = arhat.gather(%x, %y) {axis = 1, batch_dims = 0} : (tensor<2x4x3xf32>, tensor<5x6xi64>) -> tensor<2x5x6x3xf32>
func.func @gather(%x: tensor<2x4x3xf32>, %y: tensor<5x6xi64>) {
  %0 = arhat.gather(%x, %y) {axis = 1, batch_dims = 0} : (tensor<2x4x3xf32>, tensor<5x6xi64>) -> tensor<2x5x6x3xf32>
  func.return
}

// CHECK-LABEL: func.func @gather_batch(
// CHECK-NEXT: %0 = arhat.gather(%x, %y) {axis = 2, batch_dims = 1} : (tensor<2x4x3xf32>, tensor<2x6xi32>) -> tensor<2x4x6xf32>
func.func @gather_batch(%x: tensor<2x4x3xf32>, %y: tensor<2x6xi32>) {
  %0 = arhat.gather(%x, %y) {axis = 2, batch_dims = 1} : (tensor<2x4x3xf32>, tensor<2x6xi32>) -> tensor<2x4x6xf32>
  func.return
}

// CHECK-LABEL: func.func @pad(
// CHECK-NEXT: %0 = arhat.pad(%x) {pads_begin = [0, 1], pads_end = [0, -2], mode = "constant", value = 0.5} : (tensor<2x4xf32>) -> tensor<2x3xf32>
func.func @pad(%x: tensor<2x4xf32>) {
  %0 = arhat.pad(%x) {pads_begin = [0, 1], pads_end = [0, -2], mode = "constant", value = 0.5} : (tensor<2x4xf32>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @tile(
// CHECK-NEXT: %0 = arhat.tile(%x) {repeats = [2, 1]} : (tensor<2x3xf32>) -> tensor<4x3xf32>
func.func @tile(%x: tensor<2x3xf32>) {
  %0 = arhat.tile(%x) {repeats = [2, 1]} : (tensor<2x3xf32>) -> tensor<4x3xf32>
  func.return
}

// CHECK-LABEL: func.func @broadcast(
// CHECK-NEXT: %0 = arhat.broadcast(%x) {shape = [5, 2, 3]} : (tensor<1x3xf32>) -> tensor<5x2x3xf32>
func.func @broadcast(%x: tensor<1x3xf32>) {
  %0 = arhat.broadcast(%x) {shape = [5, 2, 3]} : (tensor<1x3xf32>) -> tensor<5x2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @shape_of(
// CHECK-NEXT: %0 = arhat.shape_of(%x) : (tensor<2x3xf32>) -> tensor<2xi64>
func.func @shape_of(%x: tensor<2x3xf32>) {
  %0 = arhat.shape_of(%x) : (tensor<2x3xf32>) -> tensor<2xi64>
  func.return
}
