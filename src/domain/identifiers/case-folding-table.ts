/** CaseFolding.txt of Unicode 17.0.0, statuses C and F. Numbers are in base 36. */

export const UNICODE_VERSION = '17.0.0';

/**
 * Runs of letters that fold to a single letter: first letter, distance, count (default 1), step between letters
 * (default 1).
 */
export const COMMON = [
  '1t w q,51 lj,5c w n,60 w 7,74 1 o 2,8i 1 3 2,8p 1 8 2,96 1 n 2,ag -3d,ah 1 3 2,an -7g,ap 5u,aq 1 2 2,au 5q,',
  'av 1,ax 5p 2,az 1,b2 27,b3 5m,b4 5n,b5 1,b7 5p,b8 5r,ba 5v,bb 5t,bc 1,bg 5v,bh 5x,bj 5y,bk 1 3 2,bq 62,br 1,',
  'bt 62,bw 1,by 62,bz 1,c1 61 2,c3 1 2 2,c7 63,c8 1,cc 1,ck 2,cl 1,cn 2,co 1,cq 2,cr 1 9 2,da 1 9 2,dt 2,',
  'du 1 2 2,dy -2p,dz -1k,e0 1 k 2,f4 -3m,f6 1 9 2,fu 8bv,fv 1,fx -4j,fy 8bs,g1 1,g3 -5f,g4 1x,g5 1z,g6 1 5 2,',
  'n9 38,og 1 2 2,om 1,ov 38,p2 12,p4 11 3,p8 1s,pa 1r 2,pd w h,pv w 9,qq 1,r3 8,r4 -u,r5 -p,r9 -f,ra -m,rc 1 c 2,',
  's0 -1i,s1 -1c,s4 -1o,s5 -1s,s7 1,s9 -7,sa 1,sd -3m 3,sg 28 g,sw w w,v4 1 h 2,wa 1 r 2,xs f,xt 1 7 2,y8 1 1c 2,',
  '10x 1c 12,3a8 5ls 12,3bb 5ls,3bh 5ls,3y0 -8 6,5mo -4su,5mp -4st,5mq -4sk,5mr -4si 2,5mt -4sj,5mu -4sc,5mv -4ro,',
  '5mw r7n,5mx 1,5n4 -2bk 17,5od -2bk 3,5xc 1 23 2,61n -1m,61s 1 1c 2,64o -8 8,654 -8 6,65k -8 8,660 -8 8,',
  '66g -8 6,66x -8 4 2,67c -8 8,69k -8 2,69m -22 2,69q -5j9,6a0 -2e 4,6ag -8 2,6ai -2s 2,6aw -8 2,6ay -34 2,',
  '6b0 -7,6bc -3k 2,6be -3i 2,6jq -5st,6ju -6gv,6jv -6di,6k2 s,6lc g g,6mb 1,792 q q,8ow 1c 1c,8rk 1,8rm -8af,',
  '8rn -2xy,8ro -89z,8rr 1 3 2,8rx -8bg,8ry -8al,8rz -8bj,8s0 -8bi,8s2 1,8s5 1,8se -8cf 2,8sg 1 1e 2,8vf 1 2 2,',
  '8vm 1,wu8 1 n 2,ww0 1 e 2,x0i 1 7 2,x0y 1 v 2,x2x 1 2 2,x31 -r9g,x32 1 5 2,x3f 1,x3h -wmg,x3k 1 2 2,x3q 1 a 2,',
  'x4a -wn8,x4b -wnj,x4c -wnf,x4d -wn5,x4e -wn8,x4g -wlu,x4h -wmi,x4i -wlx,x4j ps,x4k 1 8 2,x50 -1c,x51 -wn7,',
  'x52 -raw,x53 1 2 2,x57 -wo7,x58 1 8 2,x5o -wu9,x6d 1,xv4 -tzk 28,1ee9 w q,1fcw 14 14,1fhs 14 10,1fn4 13 b,',
  '1fng 13 f,1fnw 13 7,1fo4 13 2,1h1c 1s 1f,1h74 w m,1jfk w w,20cg w w,20f4 r p,2olc y y',
].join('');

/** Letters that fold to several: the letter, followed by the results. */
export const FULL = [
  '67 37 37,8g 2x lj,95 jg 32,ds 2y lo,pc qh lk ld,q8 qt lk ld,13b 12d 136,61i 2w mp,61j 38 lk,61k 3b lm,',
  '61l 3d lm,61m 2p ji,61q 37 37,66o qt lv,66q qt lv lc,66s qt lv ld,66u qt lv n6,680 64g qh,681 64h qh,',
  '682 64i qh,683 64j qh,684 64k qh,685 64l qh,686 64m qh,687 64n qh,688 64g qh,689 64h qh,68a 64i qh,68b 64j qh,',
  '68c 64k qh,68d 64l qh,68e 64m qh,68f 64n qh,68g 65c qh,68h 65d qh,68i 65e qh,68j 65f qh,68k 65g qh,68l 65h qh,',
  '68m 65i qh,68n 65j qh,68o 65c qh,68p 65d qh,68q 65e qh,68r 65f qh,68s 65g qh,68t 65h qh,68u 65i qh,68v 65j qh,',
  '68w 674 qh,68x 675 qh,68y 676 qh,68z 677 qh,690 678 qh,691 679 qh,692 67a qh,693 67b qh,694 674 qh,695 675 qh,',
  '696 676 qh,697 677 qh,698 678 qh,699 679 qh,69a 67a qh,69b 67b qh,69e 67k qh,69f q9 qh,69g q4 qh,69i q9 n6,',
  '69j q9 n6 qh,69o q9 qh,69u 67o qh,69v qf qh,69w q6 qh,69y qf n6,69z qf n6 qh,6a4 qf qh,6aa qh lk lc,',
  '6ab qh lk ld,6ae qh n6,6af qh lk n6,6aq qt lk lc,6ar qt lk ld,6as qp lv,6au qt n6,6av qt lk n6,6b6 67w qh,',
  '6b7 qx qh,6b8 r2 qh,6ba qx n6,6bb qx n6 qh,6bg qx qh,1dkw 2u 2u,1dkx 2u 2x,1dky 2u 30,1dkz 2u 2u 2x,',
  '1dl0 2u 2u 30,1dl1 37 38,1dl2 37 38,1dlf 12s 12u,1dlg 12s 12d,1dlh 12s 12j,1dli 132 12u,1dlj 12s 12l',
].join('');
