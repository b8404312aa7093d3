# Which of the card's two systems starts: U-Boot's part. What Linux does with the same two sectors: board/src/slots.rs.
#
# A record says which system is good, and which one is on trial with how many starts left. It stands twice, in sectors 2048 and
# 2049, as text with a CRC of 512 bytes in all; the valid one with the higher number counts, and the other is written: power may be
# pulled at any byte. A system on trial gets one start. What does not call itself good in that one is not started again.

setexpr base ${kernel_addr_r} \& 0xf0000000
setexpr record ${base} + 0x7000000
setexpr kernel ${base} + 0x8000000
setexpr packed ${base} + 0xc000000
setexpr initrd ${base} + 0x10000000

# For whoever looks for a fault: a line `more=console=ttyAMA0` in the file debug.txt beside room.toml adds to the kernel's words.
setenv more; if load ${devtype} ${devnum}:1 ${record} /debug.txt; then env import -t ${record} ${filesize} more; fi

${devtype} dev ${devnum}
setenv number 0; setenv good A; setenv trial none; setenv left 0
setenv newest; setenv numbers 0
for sector in 800 801; do
    mw.b ${record} 0 200
    if ${devtype} read ${record} ${sector} 1 && env import -c ${record} 200 number good trial left; then
        if test -z "${newest}" || itest 0x${number} -gt 0x${numbers}; then
            setenv newest ${sector}; setenv numbers ${number}
        fi
    fi
done
if test -n "${newest}"; then
    ${devtype} read ${record} ${newest} 1 && env import -c ${record} 200 number good trial left
else
    echo "No record of the two systems: A is taken for good."
    setenv number 0; setenv good A; setenv trial none; setenv left 0
fi

setenv system ${good}
if test "${trial}" != none && test "${left}" != 0; then
    setenv system ${trial}
    setenv left 0
    setexpr number ${number} + 1
    env export -c -s 200 ${record} good left number trial
    setenv sector 800; if test "${newest}" = 800; then setenv sector 801; fi
    # Where this cannot be written, a trial would not end.
    if ${devtype} write ${record} ${sector} 1; then true; else setenv system ${good}; fi
fi

# The other one where this one cannot be read: better an older system than none.
setenv other A; if test "${system}" = A; then setenv other B; fi
for which in ${system} ${other}; do
    setenv part 2; if test "${which}" = B; then setenv part 3; fi
    echo "System ${which}"
    if load ${devtype} ${devnum}:${part} ${packed} /vmlinuz.gz && unzip ${packed} ${kernel} &&
        load ${devtype} ${devnum}:${part} ${initrd} /initrd.img; then
        setenv initrd_size ${filesize}
        load ${devtype} ${devnum}:${part} ${packed} /cmdline.txt && env import -t ${packed} ${filesize} bootargs
        setenv bootargs "${bootargs} ${more} estrade.system=${which}"
        booti ${kernel} ${initrd}:${initrd_size} ${fdt_addr}
    fi
done
echo "Neither system can be read."
sleep 5
reset
