// RUN: arhat-opt %s -p select-algorithms | filecheck %s

// The cost model at work.
// CHECK-LABEL: func.func @main
// Many pixels: the large tile pays.
// CHECK: cpu.conv(%ax, {{.*}}algorithm = "winograd4"
// Few pixels and many channels: the weights of the large tile cost more than they save.
// CHECK: cpu.conv(%bx, {{.*}}algorithm = "winograd2"
// Hardly a tile of pixels.
// CHECK: cpu.conv(%cx, {{.*}}algorithm = "direct"
// Few channels: the transforms cost more than the products.
// CHECK: cpu.conv(%dx, {{.*}}algorithm = "direct"
func.func @main(%ax: tensor<1x64x56x56xf32>, %bx: tensor<1x512x6x6xf32>, %cx: tensor<1x256x3x3xf32>, %dx: tensor<1x8x16x16xf32>) -> (tensor<1x64x56x56xf32>, tensor<1x512x6x6xf32>, tensor<1x256x3x3xf32>, tensor<1x8x16x16xf32>) {
  %aw = arhat.constant() {value = #arhat.weight<"model"::"a@0">} : () -> tensor<64x64x3x3xf32>
  %a = cpu.conv(%ax, %aw) {strides = [1, 1], pads = [1, 1, 1, 1], dilations = [1, 1], groups = 1, kernel = [3, 3]} : (tensor<1x64x56x56xf32>, tensor<64x64x3x3xf32>) -> tensor<1x64x56x56xf32>
  %bw = arhat.constant() {value = #arhat.weight<"model"::"b@0">} : () -> tensor<512x512x3x3xf32>
  %b = cpu.conv(%bx, %bw) {strides = [1, 1], pads = [1, 1, 1, 1], dilations = [1, 1], groups = 1, kernel = [3, 3]} : (tensor<1x512x6x6xf32>, tensor<512x512x3x3xf32>) -> tensor<1x512x6x6xf32>
  %cw = arhat.constant() {value = #arhat.weight<"model"::"c@0">} : () -> tensor<256x256x3x3xf32>
  %c = cpu.conv(%cx, %cw) {strides = [1, 1], pads = [1, 1, 1, 1], dilations = [1, 1], groups = 1, kernel = [3, 3]} : (tensor<1x256x3x3xf32>, tensor<256x256x3x3xf32>) -> tensor<1x256x3x3xf32>
  %dw = arhat.constant() {value = #arhat.weight<"model"::"d@0">} : () -> tensor<8x8x3x3xf32>
  %d = cpu.conv(%dx, %dw) {strides = [1, 1], pads = [1, 1, 1, 1], dilations = [1, 1], groups = 1, kernel = [3, 3]} : (tensor<1x8x16x16xf32>, tensor<8x8x3x3xf32>) -> tensor<1x8x16x16xf32>
  func.return %a, %b, %c, %d : tensor<1x64x56x56xf32>, tensor<1x512x6x6xf32>, tensor<1x256x3x3xf32>, tensor<1x8x16x16xf32>
}
