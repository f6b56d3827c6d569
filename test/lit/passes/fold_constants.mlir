// RUN: arhat-opt %s -p fold-constants | filecheck %s
// RUN: arhat-opt %s -p 'fold-constants{growth=1000}' | filecheck %s --check-prefix=GROW

// Small results of written-out constants are computed now. The constant carries the layers of all.
// CHECK-LABEL: func.func @small
// CHECK-NEXT: [[C:%.*]] = arhat.constant() {value = dense<[-1.000000e+00, -2.500000e+00]> : tensor<2xf32>, arhat.layers = [#arhat.layer<"c", 1>, #arhat.layer<"convert", 2>, #arhat.layer<"negative", 3>]}
// CHECK-NEXT: arhat.add(%x, [[C]])
func.func @small(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = arhat.constant() {value = dense<[1.0, 2.5]> : tensor<2xf16>, arhat.layers = [#arhat.layer<"c", 1>]} : () -> tensor<2xf16>
  %1 = arhat.convert(%0) {to = f32, arhat.layers = [#arhat.layer<"convert", 2>]} : (tensor<2xf16>) -> tensor<2xf32>
  %2 = arhat.negative(%1) {arhat.layers = [#arhat.layer<"negative", 3>]} : (tensor<2xf32>) -> tensor<2xf32>
  %3 = arhat.add(%x, %2) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  func.return %3 : tensor<2xf32>
}

// What comes out of the weight store stays there: nothing is read, the entry is computed when somebody asks.
// CHECK-LABEL: func.func @lazy
// CHECK-NEXT: [[W:%.*]] = arhat.constant() {value = #arhat.weight<"derived"::"transpose">, arhat.layers = [#arhat.layer<"w", 1>, #arhat.layer<"convert", 2>, #arhat.layer<"transpose", 3>]} : () -> tensor<4096x4096xf32>
// CHECK-NEXT: arhat.matmul(%x, [[W]])
func.func @lazy(%x: tensor<1x4096xf32>) -> tensor<1x4096xf32> {
  %0 = arhat.constant() {value = #arhat.weight<"missing"::"w@0">, arhat.layers = [#arhat.layer<"w", 1>]} : () -> tensor<4096x4096xf16>
  %1 = arhat.convert(%0) {to = f32, arhat.layers = [#arhat.layer<"convert", 2>]} : (tensor<4096x4096xf16>) -> tensor<4096x4096xf32>
  %2 = arhat.transpose(%1) {perm = [1, 0], arhat.layers = [#arhat.layer<"transpose", 3>]} : (tensor<4096x4096xf32>) -> tensor<4096x4096xf32>
  %3 = arhat.matmul(%x, %2) {transpose_a = false, transpose_b = false} : (tensor<1x4096xf32>, tensor<4096x4096xf32>) -> tensor<1x4096xf32>
  func.return %3 : tensor<1x4096xf32>
}

// Shapes are known, whatever the operand is; prior boxes depend on nothing.
// CHECK-LABEL: func.func @known
// CHECK-NEXT: arhat.constant() {value = dense<[1, 3, 8, 8]> : tensor<4xi64>}
// CHECK-NEXT: arhat.constant() {value = #arhat.weight<"derived"::"prior_box_clustered">} : () -> tensor<2x256xf32>
// CHECK-NEXT: func.return
func.func @known(%x: tensor<1x3x8x8xf32>) -> (tensor<4xi64>, tensor<2x256xf32>) {
  %0 = arhat.shape_of(%x) : (tensor<1x3x8x8xf32>) -> tensor<4xi64>
  %1 = arhat.prior_box_clustered() {feature = [8, 8], image = [64, 64], width = [8.0], height = [8.0], variance = [0.1, 0.1, 0.2, 0.2], step_w = 8.0, step_h = 8.0, offset = 0.5, clip = false} : () -> tensor<2x256xf32>
  func.return %0, %1 : tensor<4xi64>, tensor<2x256xf32>
}

// A constant does not grow much, unless it stays small or the option says so.
// CHECK-LABEL: func.func @growth
// CHECK: arhat.broadcast
// CHECK: arhat.tile
// CHECK: arhat.add
// CHECK: arhat.constant() {value = dense<7> : tensor<3xi64>}
// CHECK-NEXT: func.return
// GROW-LABEL: func.func @growth
// GROW-NOT: arhat.{{(broadcast|tile|add)}}
// GROW: func.return
func.func @growth() -> (tensor<64x64xf32>, tensor<64x64xf32>, tensor<64x64xf32>, tensor<3xi64>) {
  %0 = arhat.constant() {value = #arhat.weight<"missing"::"a@0">} : () -> tensor<1x64xf32>
  %1 = arhat.constant() {value = #arhat.weight<"missing"::"b@256">} : () -> tensor<64x1xf32>
  %2 = arhat.broadcast(%0) {shape = [64, 64]} : (tensor<1x64xf32>) -> tensor<64x64xf32>
  %3 = arhat.tile(%0) {repeats = [64, 1]} : (tensor<1x64xf32>) -> tensor<64x64xf32>
  %4 = arhat.add(%0, %1) : (tensor<1x64xf32>, tensor<64x1xf32>) -> tensor<64x64xf32>
  %5 = arhat.constant() {value = dense<7> : tensor<i64>} : () -> tensor<i64>
  %6 = arhat.broadcast(%5) {shape = [3]} : (tensor<i64>) -> tensor<3xi64>
  func.return %2, %3, %4, %6 : tensor<64x64xf32>, tensor<64x64xf32>, tensor<64x64xf32>, tensor<3xi64>
}

// One operand is not constant.
// CHECK-LABEL: func.func @variable
// CHECK: arhat.add(%x
func.func @variable(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = arhat.constant() {value = dense<[1.0, 2.0]> : tensor<2xf32>} : () -> tensor<2xf32>
  %1 = arhat.add(%x, %0) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  func.return %1 : tensor<2xf32>
}
