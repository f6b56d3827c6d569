// State is neither folded, nor merged, nor dropped, and has memory of its own.
//
// RUN: arhat-opt %s -p optimize | filecheck %s
// RUN: arhat-opt %s -p optimize,legalize-precision | filecheck %s
// RUN: arhat-opt %s -p cpu | filecheck %s --check-prefix=PLANNED
// RUN: arhat-opt %s -p cudnn | filecheck %s --check-prefix=CUDNN

// CHECK: arhat.read_value(%{{.*}}) {variable = "a"}
// CHECK: arhat.read_value(%{{.*}}) {variable = "a"}
// CHECK: arhat.read_value(%{{.*}}) {variable = "b"}
// CHECK: arhat.assign(%{{.*}}) {variable = "a"}
// CHECK: arhat.assign(%{{.*}}) {variable = "b"}
// CHECK-NEXT: func.return

// PLANNED: kernel.arena_bytes = {{.*}}, kernel.state_bytes = 128 : i64
// PLANNED: kernel.read_value(%{{.*}}) {variable = "a", kernel.buffers = [{{.*}}], kernel.state = #kernel.buffer<state, 0>}
// PLANNED: kernel.read_value(%{{.*}}) {variable = "a", kernel.buffers = [{{.*}}], kernel.state = #kernel.buffer<state, 0>}
// PLANNED: kernel.read_value(%{{.*}}) {variable = "b", kernel.buffers = [{{.*}}], kernel.state = #kernel.buffer<state, 64>}
// PLANNED: kernel.assign(%{{.*}}) {variable = "a", kernel.state = #kernel.buffer<state, 0>}
// PLANNED: kernel.assign(%{{.*}}) {variable = "b", kernel.state = #kernel.buffer<state, 64>}

// CUDNN: kernel.state_bytes = {{[1-9].*}} : i64
// CUDNN-COUNT-3: kernel.read_value(
// CUDNN: kernel.assign(%{{.*}}) {variable = "a", {{.*}}kernel.state = #kernel.buffer<state, 0>
// CUDNN: kernel.assign(%{{.*}}) {variable = "b", {{.*}}kernel.state = #kernel.buffer<state,
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %init = arhat.constant() {value = dense<1.0> : tensor<1x4xf32>} : () -> tensor<1x4xf32>
  %a = arhat.read_value(%init) {variable = "a"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %again = arhat.read_value(%init) {variable = "a"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %b = arhat.read_value(%init) {variable = "b"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %y = arhat.add(%a, %x) : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  %z = arhat.multiply(%y, %again) : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  arhat.assign(%y) {variable = "a"} : (tensor<1x4xf32>) -> ()
  arhat.assign(%init) {variable = "b"} : (tensor<1x4xf32>) -> ()
  func.return %z : tensor<1x4xf32>
}
