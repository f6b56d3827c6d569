// RUN: not arhat-opt %s -p 'dynamic-batch{least=1 usual=4 most=8}' 2>&1 | filecheck %s

// All layers that need to know the batch when the network is built, at once.
// CHECK: error: trt.soft_max (layer 'across') cannot be run with a batch that changes: it computes across the images; give --batch one number
// CHECK: error: trt.element_wise (layer 'own') cannot be run with a batch that changes: an operand has 8 of its own for the images; give --batch one number
// CHECK: error: trt.shuffle (layer 'joined') cannot be run with a batch that changes: its new shape joins the images with what lies before them; give --batch one number
// CHECK: error: trt.slice (layer 'some') cannot be run with a batch that changes: it takes some of the images; give --batch one number
func.func @main(%x: tensor<8x2xf32>) -> (tensor<8x2xf32>, tensor<8x2xf32>, tensor<16xf32>, tensor<1x2xf32>) {
  %0 = trt.soft_max(%x) {axis = 0, arhat.layers = [#arhat.layer<"across", 1>]} : (tensor<8x2xf32>) -> tensor<8x2xf32>
  %c = arhat.constant() {value = dense<[[1.0], [2.0], [3.0], [4.0], [5.0], [6.0], [7.0], [8.0]]> : tensor<8x1xf32>} : () -> tensor<8x1xf32>
  %1 = trt.constant(%c) : (tensor<8x1xf32>) -> tensor<8x1xf32>
  %2 = trt.element_wise(%x, %1) {op = "sum", arhat.layers = [#arhat.layer<"own", 2>]} : (tensor<8x2xf32>, tensor<8x1xf32>) -> tensor<8x2xf32>
  %3 = trt.shuffle(%x) {first_transpose = [1, 0], reshape = [16], arhat.layers = [#arhat.layer<"joined", 3>]} : (tensor<8x2xf32>) -> tensor<16xf32>
  %4 = trt.slice(%x) {starts = [3, 0], sizes = [1, 2], strides = [1, 1], mode = "strict_bounds", arhat.layers = [#arhat.layer<"some", 4>]} : (tensor<8x2xf32>) -> tensor<1x2xf32>
  func.return %0, %2, %3, %4 : tensor<8x2xf32>, tensor<8x2xf32>, tensor<16xf32>, tensor<1x2xf32>
}
