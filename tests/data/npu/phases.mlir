// phases, for mlir-aie 979629649 (2026-04-23), MLIR 22
module {
  aie.device(npu1_1col) {
    %tile_0_0 = aie.tile(0, 0)
    %tile_0_2 = aie.tile(0, 2)
    aie.objectfifo @x(%tile_0_0, {%tile_0_2}, [2 : i32, 3 : i32]) : !aie.objectfifo<memref<128xi16>>
    aie.objectfifo @y(%tile_0_2, {%tile_0_0}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<128xi16>>
    func.func private @look_up(memref<128xi16>, memref<64xi8>, memref<128xi16>, i32) attributes {link_with = "look_up_code.o"}
    func.func private @neighbours(memref<128xi16>, memref<128xi16>, memref<32xi32>, memref<128xi16>, i32) attributes {link_with = "neighbours_code.o"}
    %buffer_lookup = aie.buffer(%tile_0_2) {sym_name = "lookup"} : memref<64xi8> = dense<"0x00017FFE000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000">
    %buffer_scratch = aie.buffer(%tile_0_2) {sym_name = "scratch"} : memref<32xi32>
    %parameters_choice = aie.buffer(%tile_0_2) {sym_name = "choice"} : memref<16xi32>
    %handover_choice = aie.lock(%tile_0_2) {init = 0 : i32, sym_name = "choice_handover"}
    %core_0_2 = aie.core(%tile_0_2) {
      %c_for_ever = arith.constant 9223372036854775800 : index
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c0_i32 = arith.constant 0 : i32
      %c2 = arith.constant 2 : index
      %c1_i32 = arith.constant 1 : i32
      scf.for %i0 = %c0 to %c_for_ever step %c1 {
        aie.use_lock(%handover_choice, AcquireGreaterEqual, 1)
        %word0 = memref.load %parameters_choice[%c0] : memref<16xi32>
        %word1 = memref.load %parameters_choice[%c1] : memref<16xi32>
        %word2 = memref.load %parameters_choice[%c2] : memref<16xi32>
        %chosen0 = arith.cmpi eq, %word0, %c0_i32 : i32
        scf.if %chosen0 {
          %bound0 = arith.index_cast %word1 : i32 to index
          scf.for %i1 = %c0 to %bound0 step %c1 {
            %view0 = aie.objectfifo.acquire @x(Consume, 1) : !aie.objectfifosubview<memref<128xi16>>
            %object0 = aie.objectfifo.subview.access %view0[0] : !aie.objectfifosubview<memref<128xi16>> -> memref<128xi16>
            %view1 = aie.objectfifo.acquire @y(Produce, 1) : !aie.objectfifosubview<memref<128xi16>>
            %object1 = aie.objectfifo.subview.access %view1[0] : !aie.objectfifosubview<memref<128xi16>> -> memref<128xi16>
            func.call @look_up(%object0, %buffer_lookup, %object1, %word2) : (memref<128xi16>, memref<64xi8>, memref<128xi16>, i32) -> ()
            aie.objectfifo.release @x(Consume, 1)
            aie.objectfifo.release @y(Produce, 1)
          }
        }
        %chosen1 = arith.cmpi eq, %word0, %c1_i32 : i32
        scf.if %chosen1 {
          %view2 = aie.objectfifo.acquire @x(Consume, 1) : !aie.objectfifosubview<memref<128xi16>>
          %bound1 = arith.index_cast %word1 : i32 to index
          scf.for %i2 = %c0 to %bound1 step %c1 {
            %n0 = arith.index_cast %i2 : index to i32
            %view3 = aie.objectfifo.acquire @x(Consume, 2) : !aie.objectfifosubview<memref<128xi16>>
            %object2 = aie.objectfifo.subview.access %view3[0] : !aie.objectfifosubview<memref<128xi16>> -> memref<128xi16>
            %object3 = aie.objectfifo.subview.access %view3[1] : !aie.objectfifosubview<memref<128xi16>> -> memref<128xi16>
            %view4 = aie.objectfifo.acquire @y(Produce, 1) : !aie.objectfifosubview<memref<128xi16>>
            %object4 = aie.objectfifo.subview.access %view4[0] : !aie.objectfifosubview<memref<128xi16>> -> memref<128xi16>
            func.call @neighbours(%object2, %object3, %buffer_scratch, %object4, %n0) : (memref<128xi16>, memref<128xi16>, memref<32xi32>, memref<128xi16>, i32) -> ()
            aie.objectfifo.release @x(Consume, 1)
            aie.objectfifo.release @y(Produce, 1)
          }
          aie.objectfifo.release @x(Consume, 1)
        }
      }
      aie.end
    } {stack_size = 1024 : i32, dynamic_objfifo_lowering = true}
    aie.runtime_sequence @sequence(%host_from: memref<1024xi16>, %host_to: memref<1024xi16>) {
      aiex.npu.rtp_write(@choice, 0, 0)
      aiex.npu.rtp_write(@choice, 1, 4)
      aiex.npu.rtp_write(@choice, 2, -7)
      aiex.set_lock(%handover_choice, 1)
      %task0 = aiex.dma_configure_task_for @x {
        aie.dma_bd(%host_from : memref<1024xi16>, 0, 512, [<size = 1, stride = 0>, <size = 1, stride = 0>, <size = 1, stride = 0>, <size = 512, stride = 1>])
        aie.end
      } {repeat_count = 0 : i32}
      aiex.dma_start_task(%task0)
      %task1 = aiex.dma_configure_task_for @y {
        aie.dma_bd(%host_to : memref<1024xi16>, 0, 512, [<size = 1, stride = 0>, <size = 1, stride = 0>, <size = 1, stride = 0>, <size = 512, stride = 1>])
        aie.end
      } {issue_token = true, repeat_count = 0 : i32}
      aiex.dma_start_task(%task1)
      aiex.dma_await_task(%task1)
      aiex.npu.rtp_write(@choice, 0, 1)
      aiex.npu.rtp_write(@choice, 1, 3)
      aiex.npu.rtp_write(@choice, 2, -7)
      aiex.set_lock(%handover_choice, 1)
      %task2 = aiex.dma_configure_task_for @x {
        aie.dma_bd(%host_from : memref<1024xi16>, 512, 512, [<size = 1, stride = 0>, <size = 1, stride = 0>, <size = 1, stride = 0>, <size = 512, stride = 1>])
        aie.end
      } {repeat_count = 0 : i32}
      aiex.dma_start_task(%task2)
      %task3 = aiex.dma_configure_task_for @y {
        aie.dma_bd(%host_to : memref<1024xi16>, 512, 384, [<size = 1, stride = 0>, <size = 1, stride = 0>, <size = 1, stride = 0>, <size = 384, stride = 1>])
        aie.end
      } {issue_token = true, repeat_count = 0 : i32}
      aiex.dma_start_task(%task3)
      aiex.dma_await_task(%task3)
    }
  }
}
