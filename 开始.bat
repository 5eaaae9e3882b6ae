@echo off
rem Double click: the page that leads from a folder of exports to the report. With a command: that command.
setlocal
rem A folder of the network gets a drive letter meanwhile.
pushd "%~dp0"
if not exist jianfu.py goto packed
set python=py -3
if exist python\python.exe set python=python\python.exe
set command=%*
if "%~1"=="" set command=start
%python% jianfu.py %command%
if "%~1"=="" pause
popd
goto :eof
:packed
chcp 65001 >nul
echo 请先把压缩包全部解压到硬盘上，再双击解压出来的“开始”。
echo Unpack the whole archive on the disk first, then double-click the file in the unpacked folder.
pause
popd
exit /b 1
