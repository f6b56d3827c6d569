// RUN: not arhat-opt %s -p 'infer-shapes{shapes=data:2x4x1x1}' 2>&1 | filecheck %s

// The target of a reshape does not follow a new batch: the error says which layer states it.
// CHECK: error: layer 'flatten': arhat.reshape does not fit its operands (tensor<2x4x1x1xf32>): cannot reshape [2, 4, 1, 1] to [1, 4]: the element counts differ
// CHECK: note: what a layer states about shapes does not follow a change of the model's input shapes
// CHECK: note: layer 'flatten' is defined at line 12 of the model
func.func @main(%x: tensor<1x4x1x1xf32> {arhat.name = "data"}) -> tensor<1x4xf32> {
  %0 = arhat.reshape(%x) {shape = [1, 4], arhat.layers = [#arhat.layer<"flatten", 12>]} : (tensor<1x4x1x1xf32>) -> tensor<1x4xf32>
  func.return %0 : tensor<1x4xf32>
}
