// repeated, for mlir-aie 979629649 (2026-04-23), MLIR 22
module {
  aie.device(npu1_2col) {
    %tile_0_0 = aie.tile(0, 0)
    %tile_1_0 = aie.tile(1, 0)
    %tile_1_1 = aie.tile(1, 1)
    %tile_1_2 = aie.tile(1, 2)
    %tile_1_3 = aie.tile(1, 3)
    aie.objectfifo @x_in(%tile_1_0, {%tile_1_1}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<512xbf16>>
    aie.objectfifo @x_first(%tile_1_1, {%tile_1_2}, [2 : i32, 2 : i32]) {repeat_count = 3 : i32} : !aie.objectfifo<memref<256xbf16>>
    aie.objectfifo @x_second(%tile_1_1, {%tile_1_3}, [2 : i32, 2 : i32]) {repeat_count = 3 : i32} : !aie.objectfifo<memref<256xbf16>>
    aie.objectfifo @w(%tile_0_0, {%tile_1_2}, [2 : i32, 1 : i32]) : !aie.objectfifo<memref<256xbf16>>
    aie.objectfifo @between(%tile_1_2, {%tile_1_3}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<256xbf16>>
    aie.objectfifo @y(%tile_1_3, {%tile_0_0}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<256xbf16>>
    aie.objectfifo.link [@x_in] -> [@x_first, @x_second] ([] [0, 256])
    func.func private @scale(memref<256xbf16>, memref<256xbf16>, memref<256xbf16>) attributes {link_with = "scale_code.o"}
    func.func private @add(memref<256xbf16>, memref<256xbf16>, memref<256xbf16>) attributes {link_with = "add_code.o"}
    %core_1_2 = aie.core(%tile_1_2) {
      %c_for_ever = arith.constant 9223372036854775800 : index
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c3 = arith.constant 3 : index
      scf.for %i0 = %c0 to %c_for_ever step %c1 {
        %view0 = aie.objectfifo.acquire @w(Consume, 1) : !aie.objectfifosubview<memref<256xbf16>>
        %object1 = aie.objectfifo.subview.access %view0[0] : !aie.objectfifosubview<memref<256xbf16>> -> memref<256xbf16>
        scf.for %i1 = %c0 to %c3 step %c1 {
          %view1 = aie.objectfifo.acquire @x_first(Consume, 1) : !aie.objectfifosubview<memref<256xbf16>>
          %object0 = aie.objectfifo.subview.access %view1[0] : !aie.objectfifosubview<memref<256xbf16>> -> memref<256xbf16>
          %view2 = aie.objectfifo.acquire @between(Produce, 1) : !aie.objectfifosubview<memref<256xbf16>>
          %object2 = aie.objectfifo.subview.access %view2[0] : !aie.objectfifosubview<memref<256xbf16>> -> memref<256xbf16>
          func.call @scale(%object0, %object1, %object2) : (memref<256xbf16>, memref<256xbf16>, memref<256xbf16>) -> ()
          aie.objectfifo.release @x_first(Consume, 1)
          aie.objectfifo.release @between(Produce, 1)
        }
        aie.objectfifo.release @w(Consume, 1)
      }
      aie.end
    } {stack_size = 1024 : i32, dynamic_objfifo_lowering = true}
    %core_1_3 = aie.core(%tile_1_3) {
      %c_for_ever = arith.constant 9223372036854775800 : index
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      scf.for %i0 = %c0 to %c_for_ever step %c1 {
        %view0 = aie.objectfifo.acquire @x_second(Consume, 1) : !aie.objectfifosubview<memref<256xbf16>>
        %object0 = aie.objectfifo.subview.access %view0[0] : !aie.objectfifosubview<memref<256xbf16>> -> memref<256xbf16>
        %view1 = aie.objectfifo.acquire @between(Consume, 1) : !aie.objectfifosubview<memref<256xbf16>>
        %object1 = aie.objectfifo.subview.access %view1[0] : !aie.objectfifosubview<memref<256xbf16>> -> memref<256xbf16>
        %view2 = aie.objectfifo.acquire @y(Produce, 1) : !aie.objectfifosubview<memref<256xbf16>>
        %object2 = aie.objectfifo.subview.access %view2[0] : !aie.objectfifosubview<memref<256xbf16>> -> memref<256xbf16>
        func.call @add(%object0, %object1, %object2) : (memref<256xbf16>, memref<256xbf16>, memref<256xbf16>) -> ()
        aie.objectfifo.release @x_second(Consume, 1)
        aie.objectfifo.release @between(Consume, 1)
        aie.objectfifo.release @y(Produce, 1)
      }
      aie.end
    } {stack_size = 1024 : i32}
    aie.runtime_sequence @sequence(%host_from: memref<512xbf16>, %host_weights: memref<256xbf16>, %host_to: memref<768xbf16>) {
      %task0 = aiex.dma_configure_task_for @w {
        aie.dma_bd(%host_weights : memref<256xbf16>, 0, 256)
        aie.end
      } {repeat_count = 0 : i32}
      aiex.dma_start_task(%task0)
      %task1 = aiex.dma_configure_task_for @x_in {
        aie.dma_bd(%host_from : memref<512xbf16>, 0, 512)
        aie.end
      } {repeat_count = 0 : i32}
      aiex.dma_start_task(%task1)
      %task2 = aiex.dma_configure_task_for @y {
        aie.dma_bd(%host_to : memref<768xbf16>, 0, 768)
        aie.end
      } {issue_token = true, repeat_count = 0 : i32}
      aiex.dma_start_task(%task2)
      aiex.dma_await_task(%task2)
    }
  }
}
