// RUN: arhat-opt %s | arhat-opt | filecheck %s

// CHECK: arhat.read_value(%init) {variable = "memory"} : (tensor<1x16xf32>) -> tensor<1x16xf32>
// CHECK: arhat.assign(%y) {variable = "memory"} : (tensor<1x16xf32>) -> ()
func.func @main(%x: tensor<1x16xf32>, %init: tensor<1x16xf32>) -> tensor<1x16xf32> {
  %s = arhat.read_value(%init) {variable = "memory"} : (tensor<1x16xf32>) -> tensor<1x16xf32>
  %y = arhat.add(%s, %x) : (tensor<1x16xf32>, tensor<1x16xf32>) -> tensor<1x16xf32>
  arhat.assign(%y) {variable = "memory"} : (tensor<1x16xf32>) -> ()
  func.return %y : tensor<1x16xf32>
}
