// The text of every operation reads back as it was printed, in both forms.
//
// RUN: arhat-opt %s | arhat-opt | filecheck %s
// RUN: arhat-opt %s --print-op-generic | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @scatter_update(
// CHECK-NEXT: %0 = arhat.scatter_update(%a, %b, %c) {axis = 1, reduction = "none"} : (tensor<2x4x5xf32>, tensor<3x1xi64>, tensor<2x3x5xf32>) -> tensor<2x4x5xf32>
func.func @scatter_update(%a: tensor<2x4x5xf32>, %b: tensor<3x1xi64>, %c: tensor<2x3x5xf32>) {
  %0 = arhat.scatter_update(%a, %b, %c) {axis = 1, reduction = "none"} : (tensor<2x4x5xf32>, tensor<3x1xi64>, tensor<2x3x5xf32>) -> tensor<2x4x5xf32>
  func.return
}

// CHECK-LABEL: func.func @scatter_elements_update(
// CHECK-NEXT: %0 = arhat.scatter_elements_update(%a, %b, %c) {axis = 0, reduction = "mean", use_init_val = true} : (tensor<4x3xf32>, tensor<2x3xi64>, tensor<2x3xf32>) -> tensor<4x3xf32>
func.func @scatter_elements_update(%a: tensor<4x3xf32>, %b: tensor<2x3xi64>, %c: tensor<2x3xf32>) {
  %0 = arhat.scatter_elements_update(%a, %b, %c) {axis = 0, reduction = "mean", use_init_val = true} : (tensor<4x3xf32>, tensor<2x3xi64>, tensor<2x3xf32>) -> tensor<4x3xf32>
  func.return
}

// CHECK-LABEL: func.func @gather_elements(
// CHECK-NEXT: %0 = arhat.gather_elements(%a, %b) {axis = 1} : (tensor<2x4xf32>, tensor<2x3xi64>) -> tensor<2x3xf32>
func.func @gather_elements(%a: tensor<2x4xf32>, %b: tensor<2x3xi64>) {
  %0 = arhat.gather_elements(%a, %b) {axis = 1} : (tensor<2x4xf32>, tensor<2x3xi64>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @gather_nd(
// CHECK-NEXT: %0 = arhat.gather_nd(%a, %b) {batch_dims = 0} : (tensor<2x4x5xf32>, tensor<3x2xi64>) -> tensor<3x5xf32>
func.func @gather_nd(%a: tensor<2x4x5xf32>, %b: tensor<3x2xi64>) {
  %0 = arhat.gather_nd(%a, %b) {batch_dims = 0} : (tensor<2x4x5xf32>, tensor<3x2xi64>) -> tensor<3x5xf32>
  func.return
}

// CHECK-LABEL: func.func @topk(
// CHECK-NEXT: %0, %1 = arhat.topk(%a) {axis = 1, k = 2, mode = "max", sort = "value", index_type = "i32"} : (tensor<1x9xf32>) -> (tensor<1x2xf32>, tensor<1x2xi32>)
func.func @topk(%a: tensor<1x9xf32>) {
  %0, %1 = arhat.topk(%a) {axis = 1, k = 2, mode = "max", sort = "value", index_type = "i32"} : (tensor<1x9xf32>) -> (tensor<1x2xf32>, tensor<1x2xi32>)
  func.return
}

// CHECK-LABEL: func.func @one_hot(
// CHECK-NEXT: %0 = arhat.one_hot(%a, %b, %c) {axis = 1, depth = 4, normalize = false} : (tensor<3xi64>, tensor<f32>, tensor<f32>) -> tensor<3x4xf32>
func.func @one_hot(%a: tensor<3xi64>, %b: tensor<f32>, %c: tensor<f32>) {
  %0 = arhat.one_hot(%a, %b, %c) {axis = 1, depth = 4, normalize = false} : (tensor<3xi64>, tensor<f32>, tensor<f32>) -> tensor<3x4xf32>
  func.return
}

// CHECK-LABEL: func.func @bucketize(
// CHECK-NEXT: %0 = arhat.bucketize(%a, %b) {right_bound = true, index_type = "i64"} : (tensor<2x3xf32>, tensor<4xf32>) -> tensor<2x3xi64>
func.func @bucketize(%a: tensor<2x3xf32>, %b: tensor<4xf32>) {
  %0 = arhat.bucketize(%a, %b) {right_bound = true, index_type = "i64"} : (tensor<2x3xf32>, tensor<4xf32>) -> tensor<2x3xi64>
  func.return
}

// CHECK-LABEL: func.func @reverse_sequence(
// CHECK-NEXT: %0 = arhat.reverse_sequence(%a, %b) {batch_axis = 0, seq_axis = 1} : (tensor<2x9x3xf32>, tensor<2xi32>) -> tensor<2x9x3xf32>
func.func @reverse_sequence(%a: tensor<2x9x3xf32>, %b: tensor<2xi32>) {
  %0 = arhat.reverse_sequence(%a, %b) {batch_axis = 0, seq_axis = 1} : (tensor<2x9x3xf32>, tensor<2xi32>) -> tensor<2x9x3xf32>
  func.return
}

// CHECK-LABEL: func.func @ctc_greedy_decoder(
// CHECK-NEXT: %0 = arhat.ctc_greedy_decoder(%a, %b) {merge_repeated = true} : (tensor<88x1x71xf32>, tensor<88x1xf32>) -> tensor<1x88x1x1xf32>
func.func @ctc_greedy_decoder(%a: tensor<88x1x71xf32>, %b: tensor<88x1xf32>) {
  %0 = arhat.ctc_greedy_decoder(%a, %b) {merge_repeated = true} : (tensor<88x1x71xf32>, tensor<88x1xf32>) -> tensor<1x88x1x1xf32>
  func.return
}

// CHECK-LABEL: func.func @ctc_greedy_decoder_seq_len(
// CHECK-NEXT: %0, %1 = arhat.ctc_greedy_decoder_seq_len(%a, %b) {blank = 70, merge_repeated = true, class_type = "i32", length_type = "i64"} : (tensor<1x88x71xf32>, tensor<1xi32>) -> (tensor<1x88xi32>, tensor<1xi64>)
func.func @ctc_greedy_decoder_seq_len(%a: tensor<1x88x71xf32>, %b: tensor<1xi32>) {
  %0, %1 = arhat.ctc_greedy_decoder_seq_len(%a, %b) {blank = 70, merge_repeated = true, class_type = "i32", length_type = "i64"} : (tensor<1x88x71xf32>, tensor<1xi32>) -> (tensor<1x88xi32>, tensor<1xi64>)
  func.return
}
